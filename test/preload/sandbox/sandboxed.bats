# Sandboxes: a filter that allows what glibc's malloc needs ends no program of ours, whatever it was to report.
load ../../common
MAN=$TOP/tools/man/libarenashim.7

MODES=(A=1 ARENASHIM_TAG=site ARENASHIM_TAG=stack:8 "ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=4K" ARENASHIM_STATS=1
  ARENASHIM_STATS=s.%p ARENASHIM_DUMP=d.%p ARENASHIM_METRICS=m)

lives() { # ANSWER HOW
  for mode in "${MODES[@]}"; do
    # shellcheck disable=SC2086 # some are two
    run_shim $mode "$BIN/sandboxed" "$@"
    expect '$status == 7 && $output == done' || { echo "$mode"; return 1; }
  done
}

@test "a filter that ends the process, installed by prctl" { lives kill prctl; }
@test "a filter that ends the process, installed by the seccomp system call" { lives kill seccomp; }
@test "a filter that ends the process, installed by prctl as a system call" { lives kill syscall; }
@test "a filter that raises SIGSYS" { lives trap prctl; }
@test "a filter that answers with an error" { lives errno prctl; }
@test "strict mode" { lives kill strict; }

@test "a filter that allows files lets dumps and reports be written" {
  run_shim ARENASHIM_DUMP=d ARENASHIM_STATS=s ARENASHIM_METRICS=m "$BIN/sandboxed" kill seccomp files
  expect '$status == 7 && $output == done'
  [[ -s d && -s s && -s $(echo m.* | cut -d" " -f1) ]]
}

@test "a dump that a filter forbids is given up in one line, where that is allowed" {
  gcc -O1 -o only -x c - <<'END'
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
int main(void) {
  struct sock_filter f[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog p = {4, f};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p) ? 2 : 7;
}
END
  run_shim ARENASHIM_DUMP=d ./only
  expect '$status == 7'
  expect '$stderr == "arenashim: can'"'"'t write the dump to "*"/d: the program"*"seccomp filter"*'
  (($(stderr_lines) == 1))
  run_shim ARENASHIM_METRICS=m ./only
  expect '$status == 7'
  expect '$stderr == "arenashim: can'"'"'t write the metrics to "*": the program"*"seccomp filter"*'
  (($(stderr_lines) == 1))
  [[ ! -e $(echo m.*) ]]
}

# listed N: the words of the N-th display of libarenashim(7)'s SANDBOXES
listed() {
  awk -v n="$1" '/^\.Sh/ { on = $2 == "SANDBOXES" } on && /^\.Bd/ { i++; inside = 1; next } /^\.Ed/ { inside = 0 }
    on && inside && i <= n' "$MAN" | tr ' ' '\n' | sort -u
}

# calls [NAME=VALUE...]: the system calls after the filter was installed. (restart_syscall is the kernel's, when a
# signal stopped and continued one of them.)
calls() {
  strace -f -o trace env "$@" "$BIN/sandboxed" kill prctl files >/dev/null 2>&1 || (($? == 7))
  sed -n '/PR_SET_NO_NEW_PRIVS/,$p' trace | sed -nE 's/^[0-9]+ +([a-z_0-9]+)\(.*/\1/p' | grep -vx restart_syscall | sort -u
}

@test "libarenashim(7) lists the system calls after the start" {
  command -v strace >/dev/null || skip "no strace"
  calls >base
  for mode in "${MODES[@]:0:4}"; do
    # shellcheck disable=SC2086
    new=$(calls LD_PRELOAD="$SHIM" $mode | comm -13 base - | comm -23 - <(listed 1))
    echo "$mode: not in the first list: $new"
    [[ -z $new ]]
  done
  for mode in "${MODES[@]:4}"; do
    new=$(calls LD_PRELOAD="$SHIM" $mode | comm -13 base - | comm -23 - <(listed 2))
    echo "$mode: in neither list: $new"
    [[ -z $new ]]
  done
}

@test "prctl and syscall are passed on by a jump" {
  for name in prctl syscall; do
    objdump -d --no-show-raw-insn "$SHIM" | awk -v f="<$name>:" '/^$/ { on = 0 } on; $2 == f { on = 1 }' | grep -m1 -q 'jmp  *\*'
  done
}
