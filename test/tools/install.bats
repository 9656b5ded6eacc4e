# `make install` and `make uninstall`: what is there, programs that build with it, and nothing left.
load command

setup_file() {
  export STAGE=$BATS_FILE_TMPDIR/stage
  make -s -C "$TOP" install PREFIX="$STAGE" >&2
}

below() { (cd "$1" && find . ! -type d | sort); }

@test "DESTDIR, PREFIX and LIBDIR say where; all may read it; uninstall leaves nothing" {
  local at=(DESTDIR="$PWD/d" PREFIX=/opt/a LIBDIR=/opt/a/lib/x86_64-linux-gnu)
  mkdir -p d/opt/a/share/doc/other && touch d/opt/a/share/doc/other/README
  (umask 077 && make -s -C "$TOP" install "${at[@]}")
  [[ -z $(find d/opt/a/* ! -perm -444) ]]
  [[ -x d/opt/a/bin/arenashim && -f d/opt/a/lib/x86_64-linux-gnu/libarenashim.so ]]
  [[ ! -e d/opt/a/lib/libarenashim.so ]]
  grep -qx 'libdir=/opt/a/lib/x86_64-linux-gnu' d/opt/a/lib/x86_64-linux-gnu/pkgconfig/arenashim.pc
  [[ -z $(grep -rnE '@[A-Z]+@' d) ]]
  make -s -C "$TOP" uninstall "${at[@]}"
  [[ $(below d) == ./opt/a/share/doc/other/README ]]
  [[ -z $(find d -type d -empty -name arenashim) ]]
  make -s -C "$TOP" uninstall "${at[@]}" # a second time there is nothing to do
}

@test "what is installed runs" {
  [[ $("$STAGE/bin/arenashim" --version) == "$("$TOOL" --version)" ]]
  LD_PRELOAD=$STAGE/lib/libarenashim.so ARENASHIM_DUMP=$PWD/ls.dump ls /
  "$STAGE/bin/arenashim" report ls.dump | grep -q 'ls'
}

programs() { # what users of the library and of the control header write
  cat >region.c <<'END'
#include <arenashim/arena.h>
#include <stdio.h>
int main(void) {
  struct arena *a = arena_create("mine", NULL);
  puts(arena_printf(a, "%d bytes", 7));
  arena_destroy(a);
}
END
  cat >control.cc <<'END'
#include <arenashim/arenashim.h>
#include <arenashim/dump_format.h>
#include <arenashim/record_format.h>
#include <cstdio>
int main() {
  if (arenashim_totals) {
    struct arenashim_totals totals = {};
    totals.size = sizeof totals;
    arenashim_totals(&totals);
    std::printf("shim, %lu call sites\n", totals.sites);
  } else
    std::puts("no shim");
}
END
}

both_run() { # REGION CONTROL
  [[ $("$1") == '7 bytes' ]]
  [[ $("$2") == 'no shim' ]]
  [[ $(LD_PRELOAD=$STAGE/lib/libarenashim.so "$2") == 'shim, '* ]]
}

@test "pkg-config: programs in C and C++ compile, link and run" {
  export PKG_CONFIG_PATH=$STAGE/lib/pkgconfig
  programs
  [[ arenashim\ $(pkg-config --modversion arenashim) == "$("$TOOL" --version)" ]]
  # shellcheck disable=SC2046
  gcc -Wall -Werror -o region region.c $(pkg-config --cflags --libs arenashim)
  # shellcheck disable=SC2046
  g++ -Wall -Werror -o control control.cc $(pkg-config --cflags arenashim)
  both_run ./region ./control
  [[ $(pkg-config --variable=shim arenashim) == "$STAGE/lib/libarenashim.so" ]]
}

@test "CMake: the same, from a tree that was moved, and versions are compared" {
  programs
  cp -r "$STAGE" moved
  cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.13)
project(users C CXX)
find_package(arenashim ${WANTED} REQUIRED)
add_executable(region region.c)
target_link_libraries(region PRIVATE arenashim::arena)
add_executable(control control.cc)
target_link_libraries(control PRIVATE arenashim::control)
add_test(NAME under COMMAND ${CMAKE_COMMAND} -E env LD_PRELOAD=$<TARGET_FILE:arenashim::shim> $<TARGET_FILE:control>)
enable_testing()
END
  cmake -S . -B b -DWANTED=0.1 -DCMAKE_PREFIX_PATH="$PWD/moved"
  cmake --build b
  both_run b/region b/control
  grep -qF "$PWD/moved/lib/libarena.a" b/CMakeFiles/region.dir/link.txt
  (cd b && ctest -V) | grep -q 'shim, .* call sites'
  run cmake -S . -B b1 -DWANTED=1.0 -DCMAKE_PREFIX_PATH="$PWD/moved"
  [[ $status != 0 && $output == *'version: 0.1'* ]]
  run cmake -S . -B b9 -DWANTED=0.9 -DCMAKE_PREFIX_PATH="$PWD/moved"
  [[ $status != 0 ]]
}
