# Tests of the runner: it must not believe a test file that broke off, and must lose no failure.
bats_require_minimum_version 1.5.0

setup() {
  RUN=$BATS_TEST_DIRNAME/run.sh
  cd "$BATS_TEST_TMPDIR" || return
  unset JOBS LIMIT
}

program() { # NAME: makes a test program of the shell script on stdin
  { echo '#!/bin/sh'; cat; } >"$1" && chmod +x "$1"
}

passing() { # NAME
  printf 'echo 1..2\necho ok 1 - a\necho ok 2 - b\n' | program "$1"
}

last() { # TEXT: the last line is exactly that, and no other line looks like it
  [ "${lines[-1]}" = "$1" ] && [ "$(grep -cE '^[0-9]+ passed, ' <<<"$output")" = 1 ]
}

gone() { # PID: it ends within 5 s; a zombie that init has yet to bury has ended
  for _ in {1..100}; do
    [[ $(ps -o stat= -p "$1") == [^Z]* ]] || return 0
    sleep 0.05
  done
  return 1
}

@test "passing files: exit 0, the sum last" {
  passing one
  passing two
  run -0 "$RUN" one ./two
  last '4 passed, 0 failed, 0 skipped'
  grep -qE '^one +2 passed +0 failed +0 skipped +[0-9.]+ s$' <<<"$output"
  [[ $output != *'ok 1 - a'* ]]
}

@test "a failure: exit 1, its message shown" {
  program f <<<'echo 1..2; echo ok 1 - a; echo not ok 2 - b; echo "# 0x1 != 0x2" >&2; exit 1'
  passing p
  run -1 "$RUN" f p
  last '3 passed, 1 failed, 0 skipped'
  [[ $output == *'not ok 2 - b'*'# 0x1 != 0x2'* ]]
}

@test "skips of cmocka's form and of TAP's are counted apart" {
  program s <<<'echo 1..3; echo "ok 1 - a"; echo "not ok 2 # SKIP b"; echo "ok 3 c # skip why"'
  run -0 "$RUN" s
  last '1 passed, 0 failed, 2 skipped'
}

@test "nothing but skips is not a success" {
  program s <<<'echo 1..1; echo "ok 1 c # skip why"'
  run -1 "$RUN" s
  last '0 passed, 0 failed, 1 skipped'
}

@test "a crash: one failure more, and its signal named" {
  program c <<<'echo 1..3; echo ok 1 - a; kill -ABRT $$'
  run -1 "$RUN" c
  last '1 passed, 1 failed, 0 skipped'
  [[ $output == *'died of signal 6'* ]]
}

@test "a crash after the last result" {
  program c <<<'echo 1..1; echo ok 1 - a; kill -SEGV $$'
  run -1 "$RUN" c
  last '1 passed, 1 failed, 0 skipped'
}

@test "an exit status that no result explains" {
  program c <<<'echo 1..1; echo ok 1 - a; exit 3'
  run -1 "$RUN" c
  last '1 passed, 1 failed, 0 skipped'
}

@test "fewer results than announced, with exit status 0" {
  program c <<<'echo 1..3; echo ok 1 - a'
  run -1 "$RUN" c
  last '1 passed, 1 failed, 0 skipped'
  [[ $output == *'printed 1 results of 3'* ]]
}

@test "no results, a program that is not there, an empty one" {
  program quiet <<<'exit 0'
  : >empty && chmod +x empty
  run -1 "$RUN" quiet empty absent
  last '0 passed, 3 failed, 0 skipped'
}

@test "no files at all" {
  run -1 "$RUN"
  last '0 passed, 0 failed, 0 skipped'
}

@test "a hanging one is stopped, with all it started" {
  program h <<<'echo 1..2; echo ok 1 - a; sleep 1000 & echo $! >pid; trap "" TERM; wait; wait; sleep 1000'
  passing p
  LIMIT=1 run -1 "$RUN" h p
  last '3 passed, 1 failed, 0 skipped'
  [[ $output == *'stopped after its 1 s'* ]]
  gone "$(<pid)"
}

@test "what a test leaves running is killed" {
  program l <<<'sleep 1000 & echo $! >pid; echo 1..1; echo ok 1 - a'
  run -0 "$RUN" l
  gone "$(<pid)"
}

@test "an interrupted runner leaves nothing behind" {
  program h <<<'echo $$ >pid; exec sleep 1000'
  # An own session: what a background job of a script ignores (INT) would hide the trap.
  setsid "$RUN" h >out 2>&1 3>&- &
  for _ in {1..100}; do [ -s pid ] && break; sleep 0.05; done
  kill -TERM $!
  local status=0
  wait $! || status=$? # not by run: a subshell may not wait for it
  ((status == 130))
  gone "$(<pid)"
}

@test "two at a time, and one at a time after --serial" {
  # Each notes how many run beside it.
  for f in a b c d; do
    program "$f" <<<"mkdir in.$f; sleep 0.5; ls -d in.* | wc -l >n.$f; rmdir in.$f; echo 1..1; echo ok 1 - x"
  done
  JOBS=2 run -0 "$RUN" a b --serial c d
  last '4 passed, 0 failed, 0 skipped'
  [ "$(cat n.a n.b | sort -n | tail -1)" = 2 ]
  [ "$(cat n.c n.d | xargs)" = '1 1' ]
}

@test "outputs of two files are kept apart" {
  for f in a b; do
    program "$f" <<<"echo 1..1; for i in 1 2 3 4 5; do echo '# $f'; sleep 0.1; done; echo not ok 1"
  done
  JOBS=2 run -1 "$RUN" a b
  [ "$(grep -E '^# [ab]$' <<<"$output" | uniq | wc -l)" = 2 ]
}

@test "bats files, with skips and failures" {
  # printf, for bats would take a line that begins with @test as a test of this file.
  printf '@test "%s" { %s; }\n' good true bad 'echo because; false' not 'skip why' >x.bats
  run -1 env -i PATH=/usr/bin:/bin "$RUN" x.bats # a bats within ours is to know nothing of ours
  last '1 passed, 1 failed, 1 skipped'
  [[ $output == *'not ok 2 bad'*'because'* ]]
}

@test "a bats file that bats cannot read" {
  echo 'if' >x.bats
  run -1 env -i PATH=/usr/bin:/bin "$RUN" x.bats # a bats within ours is to know nothing of ours
  [[ ${lines[-1]} == '0 passed, '[12]' failed, 0 skipped' ]]
}

@test "a real cmocka program" {
  cat >c.c <<'C'
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
static void good(void **state) { (void)state; }
static void bad(void **state) { (void)state; assert_int_equal(1, 2); }
static void no(void **state) { (void)state; skip(); }
static void dies(void **state) { (void)state; if (getenv("DIE")) abort(); }
int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad),
                                     cmocka_unit_test(no), cmocka_unit_test(dies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
C
  gcc -o c c.c -lcmocka
  run -1 "$RUN" c
  last '2 passed, 1 failed, 1 skipped'
  DIE=1 run -1 "$RUN" c
  last '1 passed, 2 failed, 1 skipped'
}
