# `arenashim run` with what can't be run, can't be watched or can't be written: one line, before anything runs.
load command

setup_file() { installed bin bin; }
setup() {
  TOOL=$BATS_FILE_TMPDIR/bin/arenashim
  unset "${!ARENASHIM_@}" LD_PRELOAD
  mkdir work && cd work || return # bats keeps files of its own beside it
}

# tells STATUS LINE ARG...: `run ARG...` ends so, with nothing but that line on stderr, and leaves no file.
tells() {
  local wanted=$1 line=$2 before
  shift 2
  before=$(ls -A)
  run "-$wanted" --separate-stderr timeout -k 5 60 "$TOOL" run "$@" || return
  expect '-z $output' || return
  [[ $stderr == "$line" ]] || { printf 'got:    %s\nwanted: %s\n' "$stderr" "$line"; return 1; }
  [[ $(ls -A) == "$before" ]]
}
# refused CAUSE FILE: FILE, which would leave a file `ran`, is not run.
refused() { tells 2 "arenashim: $2 can't be watched: $1" "$2"; }

# compile OUT FLAG...: a program that leaves a file `ran`.
compile() {
  local out=$1
  shift
  gcc "$@" -x c -o "$out" - <<<'#include <stdio.h>
    #include <stdlib.h>
    int main(void) { return malloc(5) == 0 || fopen("ran", "w") == 0; }'
}

# patch FILE OFFSET BYTES: overwrites some.
patch() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

script() { # NAME FIRST_LINE
  printf '%s\necho ran >ran\n' "$2" >"$1"
  chmod +x "$1"
}

@test "no such program: 127" {
  tells 127 'arenashim: nope-nope: there is no such program: check its name and PATH' nope-nope
  tells 127 'arenashim: ./nope: there is no such program: check its name' ./nope
  tells 127 'arenashim: : there is no such program: check its name and PATH' ''
  script orphan '#!/nowhere/interpreter'
  tells 127 "arenashim: ./orphan: the interpreter or loader that it names is not there: install it" ./orphan
  PATH=$PATH: script here '#!/bin/sh'
  PATH=/usr/bin:/bin tells 127 'arenashim: here: there is no such program: check its name and PATH' here
}

@test "not executable: 126" {
  echo hello >a-file
  tells 126 "arenashim: ./a-file: can't be executed: Permission denied: see its permissions (chmod +x)" ./a-file
  PATH=$PWD:$PATH tells 126 "arenashim: a-file: can't be executed: Permission denied: see its permissions (chmod +x)" a-file
  tells 126 'arenashim: /tmp: is a directory: name a program' /tmp
  tells 127 "arenashim: ./a-file/x: can't be executed: Not a directory" ./a-file/x
}

@test "neither an ELF program nor a script" {
  no="it is neither an ELF program nor a script that starts with #!: name its interpreter first, such as sh"
  script plain 'echo no interpreter'
  refused "$no" ./plain
  : >empty && chmod +x empty
  refused "$no" ./empty
  compile cut -s
  head -c 20 cut >header && chmod +x header
  refused "$no" ./header
}

@test "static programs" {
  compile static -static
  refused "it is linked statically, and such a program preloads nothing: link it without -static" ./static
  compile pie -static-pie
  refused "it is linked statically, and such a program preloads nothing: link it without -static" ./pie
}

@test "other machines, other C libraries" {
  compile arm
  patch arm 18 '\267\0' # e_machine: AArch64
  refused "it is for another machine than x86-64: build it for this one" ./arm
  compile musl -Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1
  refused "it is built for musl, and the shim for glibc: build it for glibc" ./musl
  compile other -Wl,--dynamic-linker=/system/bin/linker64
  refused "its loader is not glibc's: build it for glibc on x86-64" ./other
  gcc -m32 -nostdlib -static -x c -o bits32 - <<<'void _start(void) { for (;;); }'
  refused "it is a 32-bit program, and the shim has 64 bits: build it with -m64" ./bits32
}

@test "programs with privileges, which preload nothing" {
  ((UID == 0)) || skip "needs root, to give files away"
  compile privileged
  chown 65534 privileged && chmod u+s privileged
  refused "it is set-user-id, and such a program preloads nothing: run it as its owner, or run a copy without the bit (chmod u-s)" ./privileged
  chown 0:65534 privileged && chmod 2755 privileged
  refused "it is set-group-id, and such a program preloads nothing: run a copy without the bit (chmod g-s)" ./privileged
  chown 0:0 privileged && chmod 6755 privileged # of whoever runs it: no privilege
  arenashim run ./privileged
  expect '$status == 0 && $stderr == *"next: "*' && [[ -e ran ]]
}

@test "file capabilities" {
  ((UID == 0)) || skip "needs root, to give capabilities"
  compile capable
  python3 -c 'import os; os.setxattr("capable", "security.capability", bytes.fromhex("0100000200040000000000000000000000000000"))' ||
    skip "this file system keeps none"
  arenashim run ./capable # as root they give nothing
  expect '$status == 0'
  rm -rf ran arenashim.*
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.." "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR" .
  run --separate-stderr setpriv --reuid 65534 --clear-groups "$TOOL" run ./capable
  error "^arenashim: ./capable can't be watched: it has file capabilities, and such a program preloads nothing: run it as root, or run a copy, which has none\$"
}

@test "sanitizers and valgrind have a malloc of their own" {
  for sanitizer in address:Address thread:Thread leak:Leak; do
    compile sane -fsanitize="${sanitizer%:*}"
    refused "it is built with ${sanitizer#*:}Sanitizer, which has a malloc of its own: build it without -fsanitize" ./sane
  done
  clang -fsanitize=address -x c -o sane - <<<'int main(void) { return 0; }' # linked in, not a library
  refused "it is built with AddressSanitizer, which has a malloc of its own: build it without -fsanitize" ./sane
  tells 2 "arenashim: $(command -v valgrind) can't be watched: valgrind replaces malloc itself: run the program without it" valgrind true
}

@test "scripts are judged by their interpreters" {
  compile static -static
  script direct "#! $PWD/static"
  why="it is linked statically, and such a program preloads nothing: link it without -static"
  tells 2 "arenashim: $PWD/static can't be watched: $why" ./direct
  for first in "#!/usr/bin/env static" "#!/usr/bin/env -S A=b static -x" "#!$PWD/direct"; do
    script indirect "$first"
    PATH=$PWD:$PATH tells 2 "arenashim: $PWD/static can't be watched: $why" ./indirect
  done
  script loop "#!$PWD/loop"
  arenashim run ./loop
  expect '$status == 126 && $stderr == "arenashim: ./loop: can'"'"'t be executed: Too many levels of symbolic links"'
  script good '#!/bin/sh'
  arenashim run ./good
  expect '$status == 0' && [[ -e ran ]]
}

@test "a malloc of the program's own, and the loader as the program: they run" {
  gcc -x c -o own - <<<'static char m[4096]; static unsigned long n;
    void *malloc(unsigned long b) { return m + (n += (b + 15) & -16ul) - ((b + 15) & -16ul); }
    void free(void *p) { (void)p; }
    int main(void) { return 3; }'
  arenashim run ./own
  expect '$status == 3 && $stderr == "arenashim: warning: ./own defines malloc itself: what its own malloc serves is not seen; build it without to see it"*'
  gcc -w -x c -o own - <<<'static void *malloc(unsigned long n) { return (void *)n; } int main(void) { return malloc(4) != (void *)4; }'
  arenashim run ./own # for nobody but itself
  expect '$status == 0 && $stderr != *warning*'
  compile prog
  arenashim run /lib64/ld-linux-x86-64.so.2 ./prog
  expect '$status == 0 && $stderr != *watched* && $stderr == *"next: "*'
}

@test "a program that can be executed but not read is run" {
  ((UID == 0)) || skip "needs root, to become somebody else"
  compile secret && chmod 711 secret
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.." "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR"
  chmod 777 .
  run --separate-stderr setpriv --reuid 65534 --clear-groups "$TOOL" run ./secret
  expect '$status == 0' && [[ -e ran ]]
}

@test "places where no dump can be written" {
  : >file
  for where in "/nowhere/d:No such file or directory" "file/d:Not a directory" "/nowhere/x/:No such file or directory" \
    "file/:Not a directory" "/dev/null:Not a regular file" "$(printf 'x%.0s' {1..256}):File name too long" "$(printf './%.0s' {1..2100})d:File name too long"; do
    tells 2 "arenashim: ${where%:*} can't be written: ${where##*:}: name another file with -o" -o "${where%:*}" sh -c 'echo >ran'
  done
  [[ -c /dev/null ]]
}

@test "where the current directory can't be written, the dump goes elsewhere, and that is said" {
  ((UID == 0)) || skip "needs root, to become somebody else"
  mkdir ../tmp && chmod 777 ../tmp
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.." "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR" .
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  run --separate-stderr setpriv --reuid 65534 --clear-groups "$TOOL" run true
  directory=$(echo "$TMPDIR"/arenashim.true.*)
  expect '$status == 0 && $stderr == "arenashim: warning: the current directory can'"'"'t be written (Permission denied): dumps go to $directory/; -o FILE puts them elsewhere"*'
  [[ -f $(echo "$directory"/true.*.dump) ]]
}

@test "options that are wrong or missing" {
  named='arenashim run: '
  tells 2 "${named}name the PROGRAM to run"
  tells 2 "${named}name the PROGRAM to run" --tag site --
  tells 2 "${named}--tag=off: a report needs call sites: use site, stack:N or verify:N; for counts alone, ARENASHIM_STATS=1 with LD_PRELOAD" --tag off ls
  for mode in '' sites stack stack: stack:0 stack:65 stack:-1 stack:8x verify:99999999999999999999 STACK:8; do
    tells 2 "${named}--tag=$mode: use site, stack:N or verify:N with N from 1 to 64" --tag "$mode" ls
  done
  ARENASHIM_TAG=stack:x tells 2 "${named}ARENASHIM_TAG=stack:x: use site, stack:N or verify:N with N from 1 to 64" ls
  tells 2 "${named}-o: the FILE's name is empty: name one" -o '' ls
  arenashim run --sites ls
  says 'arenashim run: --sites: no such option: legal are --output (-o), --tag (-t), --help'
}

@test "variables that would make the run futile or are not used" {
  ARENASHIM_DISABLE=1 tells 2 'arenashim: ARENASHIM_DISABLE=1 is set, so nothing would be recorded: unset it' ls
  export ARENASHIM_DUMP=mine
  arenashim run true
  expect '$status == 0 && $stderr == "arenashim: warning: ARENASHIM_DUMP is not used here: -o FILE says where the dump goes"*'
  [[ ! -e mine ]]
}

@test "help" {
  arenashim run --help
  expect '$status == 0 && -z $stderr && $output == *"[--] PROGRAM [ARG...]"*"--output"*"--tag"*"ARENASHIM_SIGNAL"*'
  arenashim --help
  expect '$output == *"arenashim run [-o FILE] [--tag MODE] [--] PROGRAM [ARG...]"*'
}

@test "no reader for the report, no stderr: the program's status is still told" {
  run sh -c '"$1" run sh -c "exit 9" 2>&- ; echo $?' sh "$TOOL"
  [[ $output == 9 ]]
  run bash -c '"$1" run bash -c "exit 9" 2> >(exec head -c 1 >/dev/null); echo $?' sh "$TOOL"
  [[ $output == 9 ]]
}
