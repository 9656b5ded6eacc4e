# Call sites: every count equals the programs' own books, every path libunwind's; and the traps on the way.
load ../../common

# instrument NAME.c|NAME.cc FLAGS...: a program whose functions tell where they were called from.
instrument() {
  local compiler=(gcc -std=gnu17)
  [[ $1 == *.c ]] || compiler=(g++ -std=gnu++17)
  "${compiler[@]}" -g -fno-builtin -pthread -finstrument-functions "${@:2}" -o program "$HERE/$1" -ldl
}

# at_depths PROGRAM ARG...: its paths are right whatever their length, and libunwind agrees.
at_depths() {
  local mode
  for mode in stack:1 stack:2 stack:8 stack:32 verify:8 verify:64; do
    echo "$mode ${*:2}"
    run_shim ARENASHIM_TAG=$mode "$1" ${mode#*:} "${@:2}"
    expect_ok
  done
}

@test "C without optimisation: counts and bytes of every path are the program's own" {
  instrument tags_truth.c -O0
  at_depths ./program
}
@test "C, -O3" {
  instrument tags_truth.c -O3
  at_depths ./program
}
@test "C, -O2 with frame pointers" {
  instrument tags_truth.c -O2 -fno-omit-frame-pointer
  at_depths ./program
}
@test "C++ without optimisation" {
  instrument tags_truth_cxx.cc -O0 -DFRAMES -fno-omit-frame-pointer
  at_depths ./program
}
@test "C++, -O3: templates, inlining, exceptions, all forms of new" {
  instrument tags_truth_cxx.cc -O3 -DFRAMES -fno-omit-frame-pointer
  at_depths ./program
}

@test "tag site: the caller of the request" {
  run_shim ARENASHIM_TAG=site "$BIN/tags_truth" 1
  expect_ok
}

@test "what each site held at the process's peak, within 0.1 %, and its temporary objects, exactly" {
  for mode in site stack:2 stack:8; do
    for seed in 1 2 3; do
      run_shim ARENASHIM_TAG=$mode "$BIN/tags_peak" $seed
      expect_ok
      echo "$mode $output"
    done
  done
}

@test "the peak, and what each site held then, while threads free each other's objects" {
  for sizes in '1 499' '512 1511' '1 1499'; do
    for mode in site stack:8; do
      run_shim ARENASHIM_TAG=$mode "$BIN/tags_peak_threads" $sizes
      expect_ok
    done
  done
}

@test "samples are unbiased estimates, whatever is freed meanwhile" {
  for period in 2000 20000; do
    for mode in site stack:8; do
      run_shim ARENASHIM_TAG=$mode ARENASHIM_SAMPLE=$period "$BIN/tags_sampled" $period
      expect_ok
    done
  done
}

# 25 mixes, 60 rounds each, |z| below 5.5; the program's opening says how to look longer.
@test "samples have no bias in any mix of sizes, whatever is resized and by whom" {
  for mode in 'site 4000' 'stack:8 4000' 'site 300'; do
    run_shim ARENASHIM_TAG=${mode% *} ARENASHIM_SAMPLE=${mode#* } "$BIN/tags_mixes" ${mode#* } 60 5.5
    expect_ok
  done
}

@test "the program's own tags: pushed, popped, refused" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/tags_truth" 8 tags
  expect_ok
}

stacks() { # CASE
  local flags
  for flags in -O0 -O2 "-O2 -fno-omit-frame-pointer"; do
    # shellcheck disable=SC2086 # words
    instrument tags_stacks.c $flags
    at_depths ./program "$1"
  done
}
@test "a known return address where a wrong distance would read" { stacks stale; }
@test "frames found by expressions" { stacks aligned; }
@test "threads with stacks of 16 KiB" { stacks small_stacks; }
@test "fibers, whose stacks lie side by side and are unmapped" { stacks fibers; }
@test "handlers on an alternate signal stack" { stacks alternate; }
@test "code without unwind tables, and code made at run time" { stacks without_tables; }
@test "a frame pointer that leads nowhere" { stacks wild_pointer; }

unwinder() { # CASE COUNT MODE...
  local mode
  for mode in "${@:3}"; do
    run_shim "ARENASHIM_TAG=$mode" "$BIN/tags_unwinder" "$1" "$2"
    expect_ok
  done
}
@test "requests made inside the unwinder are served and counted" { unwinder nested 100 stack:8; }
@test "threads that walk known frames need no unwinder" { unwinder threads 40 stack:8; }
@test "new paths over known frames need no unwinder" { unwinder paths 8 stack:8; }
@test "libunwind's descriptors closed and taken by the program: nothing is written there" { unwinder descriptors 40 stack:8 verify:8; }
@test "a handler jumps out of the unwinder" { unwinder jumps 100 stack:8 verify:8; }
@test "a handler forks inside the unwinder" { unwinder forks_inside 100 stack:8 verify:8; }
@test "a timer's handler forks in the middle of captures" { unwinder timer 100 stack:8; unwinder timer 1000 verify:8; }
@test "forks while other threads unwind" {
  unwinder forks "${FORKS:-500}" stack:8 verify:8
}
@test "malloc in a dl_iterate_phdr callback while other threads unwind" { unwinder callbacks 300 stack:8 verify:8; }

@test "a library leaves, another comes to its address" {
  for room in 40 88; do
    gcc -O1 -shared -fPIC -DROOM=$room -Wl,--build-id=none -o "room$room.so" "$TOP/test/preload/tags/tags_room.plugin.c"
  done
  for mode in stack:8 stack:64 verify:8; do
    run_shim ARENASHIM_TAG=$mode "$BIN/tags_close" ./room40.so ./room88.so
    ((status != 77)) || skip "the loader chose another address"
    expect_ok
  done
}

@test "nothing of the program binds to libunwind, whatever it opens" {
  run_shim LD_DEBUG=bindings LD_DEBUG_OUTPUT="$PWD/bindings" ARENASHIM_TAG=stack:8 "$BIN/capp" "$BIN/cxx.plugin.so"
  expect_ok
  cat bindings.* >all
  grep -q 'libstdc++.*_Unwind_RaiseException' all
  grep 'to [^ ]*libunwind[^ ]* ' all | grep -v 'binding file [^ ]*\(libunwind\|libarenashim\)' >wrong || true
  cat wrong
  [[ ! -s wrong ]]
}

@test "what is freed twice, or in the middle, is always found" {
  for mode in site stack:8; do
    for case in again_later remote_again remote_twice remote_later local_remote realloc_freed; do
      run_shim ARENASHIM_TAG=$mode "$BIN/tags_faults" $case
      expect '$status == 134 && $stderr == *"double free of the 64-byte object"*'
    done
    for case in interior interior_odd interior_realloc; do
      run_shim ARENASHIM_TAG=$mode "$BIN/tags_faults" $case
      expect '$status == 134 && $stderr == *" inside the 64-byte object"*'
    done
  done
}

@test "tags of 1,000,000 objects: at most 30 % of 16-byte objects, 8 % of 64 and above" {
  for line in "16 30" "64 8" "128 8" "400 8"; do
    # shellcheck disable=SC2086 # words
    run_shim ARENASHIM_TAG=stack:8 "$BIN/tags_memory" live $line
    expect_ok
    echo "$output"
  done
}

@test "1,000,000 paths: the program goes on, what found no room is counted" {
  for depth in 32 64; do
    run_shim ARENASHIM_TAG=stack:$depth "$BIN/tags_memory" paths 0
    expect_ok
  done
}

@test "real programs: every path is libunwind's" {
  run "$HERE/tags_verify.sh" short
  echo "$output"
  ((status == 0))
}
