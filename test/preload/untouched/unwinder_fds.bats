# libunwind under the shim opens no descriptor: a program finds those that it was started with, and no other.
load ../../common

# fds CLOSED...: what `ls` finds open when it is started without these descriptors; its output goes to a file by name.
fds() {
  local closed=$1
  shift
  # shellcheck disable=SC2016 # the inner shell's
  bash -c 'for fd in '"$closed"'; do eval "exec $fd<&-"; done; exec env "$@" sh -c "ls /proc/self/fd 2>/dev/null >$PWD/found"' - "$@"
  tr '\n' ' ' <found
}

@test "tags need no descriptor, whichever are free" {
  for closed in '' 0 '0 2'; do
    without=$(fds "$closed" A=1)
    for mode in site stack:8 verify:8; do
      with=$(fds "$closed" ARENASHIM_TAG=$mode LD_PRELOAD="$SHIM")
      echo "without '$closed': $without; $mode: $with"
      [[ $with == "$without" ]]
    done
  done
}

@test "output that nobody takes is refused, not lost in a pipe of ours" {
  for mode in stack:8 verify:8; do
    run env ARENASHIM_TAG=$mode LD_PRELOAD="$SHIM" sh -c 'exec 0<&- 1>&-; /bin/echo lost; echo "status $?" >&2'
    [[ $output == *"Bad file descriptor"*"status 1"* ]]
  done
}

@test "a program that unwinds by libunwind itself still has its pipe then" {
  cat >own.c <<'C'
#define UNW_LOCAL_ONLY
#include <libunwind.h>
#include <stdio.h>
int main(void) {
  unw_context_t context;
  unw_cursor_t cursor;
  int frames = 0;
  unw_getcontext(&context);
  unw_init_local(&cursor, &context);
  while (unw_step(&cursor) > 0)
    frames++;
  return printf("%d frames\n", frames) < 0 || frames < 2;
}
C
  gcc -O1 -o own own.c -lunwind
  for mode in stack:8 verify:8; do
    run_shim ARENASHIM_TAG=$mode ./own
    expect_ok
  done
}
