# Whose names are whose: build-ids of any length, debug files by name, and addresses that have no name.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  unset DEBUGINFOD_URLS "${!ARENASHIM_@}"
  cat >leaf.c <<'C'
#include <stdlib.h>
void *volatile kept;
__attribute__((noinline)) void leaf(int n) { kept = malloc(n); }
int main(void) { leaf(1000); return 0; }
C
}

# program LINK...: made with such words for the linker, and its dump d.
program() {
  rm -f d
  gcc -g -O1 -o leaf "${@/#/-Wl,}" leaf.c
  ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=$PWD/d LD_PRELOAD=$SHIM ./leaf
}

shows() { # TEXT [OPTION...]: there is such a row, and no word on stderr
  arenashim report d "${@:2}"
  expect '$status == 0 && -z $stderr' && grep -qF -- "$1" <<<"$output" || { echo "wanted: $1"; return 1; }
}
whole='leaf (leaf.c:3) < main < '

build_id() { # of the dump's program
  "$TOOL" export d --format json 2>/dev/null | /usr/bin/python3 -c 'import json, sys
print([m["build_id"] for m in json.load(sys.stdin)["modules"] if m["path"].endswith("/leaf")][0])'
}

hex() { printf 'ab%.0s' $(seq 1 "$1"); } # BYTES

@test "a build-id of any length is compared as a whole" {
  local bytes
  for bytes in 1 2 3 8 20 21 32 63 64; do
    program --build-id=0x"$(hex $bytes)"
    [[ $(build_id) == "$(hex $bytes)" ]] || { echo "$bytes: $(build_id)"; return 1; }
    shows "$whole"
    gcc -g -O1 -o leaf -Wl,--build-id=0x"$(hex $((bytes - 1)))cd" leaf.c # another, whose last byte differs
    arenashim report d
    expect '$output != *leaf.c* && $stderr == *"/leaf: it is another build than the one that ran"*'
    gcc -g -O1 -o leaf -Wl,--build-id=0x"$(hex $((bytes + 1)))" leaf.c # and a longer one
    arenashim report d
    ((bytes == 64)) || expect '$output != *leaf.c* && $stderr == *"/leaf: it is another build than the one that ran"*'
  done
}

@test "of a longer build-id the dump has the first 64 bytes, and they do" {
  program --build-id=0x"$(hex 200)"
  [[ $(build_id) == "$(hex 64)" ]]
  shows "$whole"
  gcc -g -O1 -o leaf -Wl,--build-id=0x"$(hex 63)cd$(hex 136)" leaf.c
  arenashim report d
  expect '$output != *leaf.c* && $stderr == *"/leaf: it is another build than the one that ran"*'
}

@test "a debug file is found by a build-id of 32 bytes" {
  program --build-id=0x"$(hex 32)"
  mkdir -p debug/.build-id/ab
  objcopy --only-keep-debug leaf "debug/.build-id/ab/$(hex 31).debug"
  strip leaf
  shows "$whole" --debug-dir debug
  rm leaf
  shows "$whole" --debug-dir debug
}

# named FILE: a debug file of that name is the only one, with the stripped program there and without.
named() {
  program --build-id=sha1
  mkdir -p "$(dirname "$1")"
  objcopy --only-keep-debug leaf "$1"
  strip leaf
  arenashim report d --debug-dir /usr
  expect '$output != *leaf.c*'
  shows "$whole" --debug-dir debug
  shows "$whole" --debug-dir /usr --debug-dir "$PWD/debug"
  rm leaf
  shows "$whole" --debug-dir debug
}

@test "a debug file by its name alone, in --debug-dir" { named debug/leaf.debug; }
@test "a debug file by its name below the program's own directory" { named "debug$PWD/leaf.debug"; }
@test "a debug file by its name below a part of it" { named "debug/$(basename "$PWD")/leaf.debug"; }

@test "a copy that was not stripped does, too; a stripped one does not hide it" {
  program --build-id=sha1
  mkdir -p debug/far "debug$PWD"
  cp leaf debug/leaf
  strip leaf
  cp leaf "debug$PWD/leaf"
  shows "$whole" --debug-dir debug
}

@test "a file of that name that is of another build is not believed, and named" {
  program --build-id=sha1
  mkdir debug
  strip leaf
  gcc -g -O1 -o debug/leaf.debug -Wl,--build-id=0x1234 leaf.c
  arenashim report d --debug-dir debug
  expect '$status == 0 && $output != *leaf.c* && $(wc -l <<<"$stderr") == 1'
  expect '$stderr == *"warning: debug/leaf.debug: it is not the debug file of the build that ran (build-ids differ): it is not used"*'
}

@test "--fold goes by module+offset where no name is known" {
  local first second
  program --build-id=sha1
  strip leaf
  arenashim report d
  read -r first second < <(grep -o 'leaf+0x[0-9a-f]* < leaf+0x[0-9a-f]*' <<<"$output" | sed 's/ < / /' | head -n 1)
  [[ $first == leaf+0x* && $second == leaf+0x* ]]
  arenashim report d --fold "$first"
  expect '$output != *"$first"* && $output == *"  $second < "*'
  arenashim report d --fold 'leaf+*'
  expect '$output != *"$first"* && $output != *"$second"* && $output == *"  __libc_start_call_main"*'
  arenashim tree d --fold "$first"
  expect '$output != *"$first"* && $output == *"$second"*'
  arenashim report d --fold "${first%?}"
  expect '$output == *"$first < $second"*'
}
