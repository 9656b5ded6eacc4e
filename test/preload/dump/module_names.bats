# Modules keep their names whatever happens to their files, and what comes and goes leaves nothing.
load ../../common

setup() {
  cd "$BATS_TEST_TMPDIR" || return
  PROGRAM=$BIN/module_names
}

plugin() { # NAME [GCC'S OPTION...]
  gcc -g -O1 -shared -fPIC "${@:2}" -o "$1.so" "$TOP/test/preload/tags/tags_room.plugin.c"
}

# modules DUMP PATTERN: the paths of its modules that match, a line each.
modules() {
  "$TOOL" export "$1" --format json 2>/dev/null | python3 -c '
import json, re, sys
for m in json.load(sys.stdin)["modules"]:
    if re.search(sys.argv[1], m["path"]): print(m["path"], "gone" if m["gone"] else "stands", len(m["build_id"]) // 2)' "$2"
}

# is_module DUMP PATTERN PATH STATE: one module matches; that one, with a build-id.
is_module() {
  local found
  found=$(modules "$1" "$2")
  [[ $found =~ ^"$3 $4 "[1-9][0-9]*$ ]] || { modules "$1" .; false; }
}

# is_named DUMP FUNCTION: it stands in the report of functions, in one row.
is_named() {
  run --separate-stderr "$TOOL" report "$1" --by function
  [[ $(grep -cw "$2" <<<"$output") == 1 ]] || { echo "$output$stderr"; false; }
}

moved() { # KIND [NAME OF THE PROGRAM]
  local kind=$1 dump=$PWD/d name=${2:-$PWD/prog} plugin=$PWD/p.so as_root=()
  rm -rf root d prog prog.other
  mkdir root
  cp "$PROGRAM" prog && cp p.so root
  if [[ $kind == chroot ]]; then
    dump=/d plugin=/p.so
    [[ $(id -u) == 0 ]] || as_root=(unshare -r)
  fi
  run --separate-stderr timeout 60 "${as_root[@]}" env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$dump" "$name" moves "$kind" "$PWD/prog" "$plugin" "$PWD/root"
  expect_ok
  [[ $kind != chroot ]] || mv root/d d
  cp "$PROGRAM" prog # the same build is there again when the dump is read
  is_module d /prog "$PWD/prog" stands
  is_named d keep
}

@test "a program's file that is deleted, renamed or replaced stays one module, with its path as it was" {
  plugin p
  for kind in nothing delete rename replace; do
    moved $kind
    moved $kind ./prog
  done
}

@test "a dump by call, without tags, has the program's path as it was" {
  plugin p
  cp "$PROGRAM" prog
  run_shim DUMP_BY_CALL="$PWD/d" ./prog moves rename "$PWD/prog" "$PWD/p.so" -
  expect_ok
  is_module d /prog "$PWD/prog" stands
}

@test "a program that leaves its file behind by chroot stays one module" {
  [[ $(id -u) == 0 ]] || unshare -r true || skip 'no chroot here'
  plugin p
  moved chroot
  moved chroot ./prog
}

@test "started by the loader, the program is the file that was given, and the loader is told apart" {
  local loader
  loader=$(readelf -l "$PROGRAM" | sed -n 's/.*interpreter: \(.*\)]/\1/p')
  cp "$PROGRAM" prog
  plugin p
  started() { # ARG...: of the loader
    rm -f d
    run --separate-stderr timeout 60 env ARENASHIM_DUMP=d "$@"
    expect_ok
    cp "$PROGRAM" prog
    is_module d /prog "$PWD/prog" stands
    is_named d keep
  }
  started LD_PRELOAD="$SHIM" "$loader" "$PWD/prog"
  started LD_PRELOAD="$SHIM" "$loader" ./prog
  started "$loader" --preload "$SHIM" ./prog plain
  started "$loader" --argv0 other --preload "$SHIM" "$PWD/prog" plain
  started LD_PRELOAD="$SHIM" "$loader" ./prog moves delete "$PWD/prog" "$PWD/p.so" -
  run --separate-stderr timeout 60 env LD_PRELOAD="$SHIM" ARENASHIM_TAG=stack:8 "$loader" ./prog reopen 30 ./p.so
  expect_ok
}

@test "plugins in namespaces of their own have modules and names, and so has the next one at their address" {
  plugin one
  sed 's/function();/inside_two(function);/; s/^int/__attribute__((noinline)) static void inside_two(void (*f)(void)) { f(); __asm__ volatile(""); }\n&/' \
    "$TOP/test/preload/tags/tags_room.plugin.c" >two.c
  gcc -g -O1 -shared -fPIC -o two.so two.c
  for mode in stack:8 verify:8; do
    run_shim ARENASHIM_TAG=$mode ARENASHIM_DUMP=d "$PROGRAM" spaces ./one.so ./two.so
    expect_ok
    "$TOOL" export d --format collapsed --value allocs >paths
    grep -q 'main;.*call_back;inside_two;request 3$' paths
    grep -q 'main;.*call_back;request 3$' paths
    is_module d two.so ./two.so gone
    # libc is there twice: ours, and theirs while it was there
    [[ $(modules d 'libc.so' | grep -c stands) == 1 ]]
  done
}

@test "a library that is opened and closed at ever new addresses has one module and one call site" {
  plugin p
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=d "$PROGRAM" reopen 3000 ./p.so
  expect_ok
  is_module d /p.so ./p.so gone
  "$TOOL" export d --format collapsed --value allocs >paths
  grep -q 'main;.*call_back;request 3000$' paths
  plugin p -Wl,--build-id=none
  run_shim ARENASHIM_TAG=site "$PROGRAM" reopen 300 ./p.so
  expect_ok
}

@test "two threads that open and close libraries at the same time: each frame has its module" {
  plugin one && cp one.so two.so
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=d "$PROGRAM" storm 300 ./one.so ./two.so
  expect_ok
  run --separate-stderr "$TOOL" report d -n 0
  refute grep -E 'request.* < 0x' <<<"$output"
  (($(awk '/request.* < call_back < / { sum += $3 } END { print sum + 0 }' <<<"$output") >= 1180)) # of 1200
}

@test "libraries that came, did nothing and left take one place in the dump" {
  plugin p
  mkdir many
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=d "$PROGRAM" places 300 many "$PWD/p.so"
  expect_ok
  (($(modules d 'many/' | wc -l) <= 2))
}

@test "a library opened by a descriptor's name is one module, whatever its number" {
  plugin p
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_DUMP=d "$PROGRAM" where ./p.so
  expect_ok
  is_module d /fd/ /proc/self/fd/100 gone
  [[ $(modules d '^linux-vdso|ld-linux' | sort | uniq -d) == '' && $(modules d 'ld-linux' | wc -l) == 1 ]]
}
