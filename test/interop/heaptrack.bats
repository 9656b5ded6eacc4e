# Allocations per call path, against heaptrack's: two profilers that share no code must count the same.
load ../common

build() { # SOURCE FLAG...
  if [[ $1 == *.c ]]; then
    gcc -std=gnu17 -fno-builtin -g0 "${@:2}" -o program "$HERE/$1"
  else
    g++ -std=gnu++17 -g0 "${@:2}" -o program "$HERE/$1"
  fi
}

theirs() {
  run --separate-stderr timeout -k 5 120 heaptrack -o trace ./program
  expect_ok
  heaptrack_print -f trace.* -t 0 -a 0 -p 0 -T 0 -F theirs --flamegraph-cost-type allocations >/dev/null
  [[ -s theirs ]]
}

ours() {
  run_shim ARENASHIM_TAG=stack:32 ARENASHIM_DUMP=d ./program
  expect_ok && expect '-z $stderr'
  run --separate-stderr "$TOOL" export d --format collapsed --value allocs --no-fold -o ours
  expect_ok && expect '-z $stderr'
}

# agree PATHS ALLOCATIONS SOURCE FLAG...: no path differs, and there are at least so many.
agree() {
  build "${@:3}"
  theirs
  ours
  run --separate-stderr /usr/bin/python3 "$HERE/heaptrack_paths.py" theirs ours
  echo "$output"
  expect_ok
  [[ $output =~ ^paths=([0-9]+)\ allocations=([0-9]+)\ differences=0$ ]]
  ((BASH_REMATCH[1] >= $1 && BASH_REMATCH[2] >= $2))
}

@test "C without optimisation" { agree 40 1300 heaptrack_c.c -O0; }
@test "C, -O2" { agree 40 1300 heaptrack_c.c -O2; }
@test "C, -O2 with frame pointers" { agree 40 1300 heaptrack_c.c -O2 -fno-omit-frame-pointer; }
@test "C++ without optimisation" { agree 15 2400 heaptrack_cxx.cc -O0; }
@test "C++, -O2" { agree 15 2400 heaptrack_cxx.cc -O2; }

@test "C, -O2, with debug information: inlined functions are frames on both sides" { agree 40 1300 heaptrack_c.c -O2 -g; }
# Not C++ at -O2 with debug information: heaptrack_print 1.4 and 1.5 turn the inlined functions of an address
# around. addr2line.bats compares those. libstdc++ 14 has some inlined even at -O0: here they are plain functions,
# and those that its library has compiled otherwise are compiled with the program.
@test "C++ without optimisation, with debug information" {
  printf '#%s\n' 'include <cstddef>' 'undef _GLIBCXX_EXTERN_TEMPLATE' 'define _GLIBCXX_EXTERN_TEMPLATE 0' \
    'define __always_inline__ __unused__' >not_inlined.h
  agree 15 2400 heaptrack_cxx.cc -O0 -g -include "$PWD/not_inlined.h"
}

@test "the comparison sees one allocation more, one less, and one elsewhere" {
  compare() { /usr/bin/python3 "$HERE/heaptrack_paths.py" "$@" 20; }
  printf '%s\n' 'main;f(int);xmalloc; 3' '_start;main;g (a.c); 1' 'early; 9' >theirs
  printf '%s\n' '_start;main;f 3' 'main;g;malloc 1' >ours
  compare theirs ours
  local wrong
  for wrong in 's/f 3/f 4/' 's/f 3/f 2/' 's/main;g/main;f;g/' '2d' 's/f 3/h 3/'; do
    sed "$wrong" ours >changed
    refute compare theirs changed
  done
  : >nothing
  refute compare nothing nothing
}
