# Mappings by call site: mmap and its family, as the program calls them.
load ../../common

agrees() { # [--missed] <MODEL'S OUTPUT: the dumps that it made
  run /usr/bin/python3 "$HERE/maps_model.py" "$@"
  echo "$output"
  ((status == 0))
}

# functions DUMP [FILE]: "FUNCTION LIVE RANGES CALLS" of its call sites in the planted program, or in FILE
functions() { /usr/bin/python3 "$HERE/maps_by_function.py" "$1" "${2:-maps_planted}"; }

@test "every entry is one jump: without tags a call costs no more" {
  for name in mmap mmap64 munmap mremap brk sbrk shmat shmdt pthread_create; do
    objdump -d --no-show-raw-insn --disassemble="$name" "$SHIM" | sed -nE 's/^ +[0-9a-f]+:\s+//p' | head -1 | grep -q '^jmp    \*0x'
  done
}

@test "random calls: every page has its owner, every call is counted" {
  run_shim ARENASHIM_TAG=site "$BIN/maps_model" "${MAPS_STEPS:-50000}" 1 0
  expect '$status == 7'
  agrees <<<"$output"
}

@test "random calls of four threads, and of a handler that interrupts them" {
  run_shim ARENASHIM_TAG=site "$BIN/maps_model" 15000 4 1
  expect '$status == 7'
  agrees <<<"$output"
}

@test "random calls with whole call paths, and in a process whose requests are sampled" {
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_SAMPLE=64K "$BIN/maps_model" 3000 2 0
  expect '$status == 7'
  agrees <<<"$output"
}

# Refused by the kernel: the books stay as they were. A refused mmap may also be one of the shim's own, for its books:
# then calls are missed, and counted.
@test "every n-th call refused: what failed changes nothing" {
  local call
  for call in munmap:error=ENOMEM:when=5+7 mremap:error=ENOMEM:when=2+3 shmat:error=EINVAL:when=3+4 shmdt:error=EINVAL:when=2+2; do
    run --separate-stderr strace -f -o trace -e trace="${call%%:*}" -e inject="$call" -E LD_PRELOAD="$SHIM" -E ARENASHIM_TAG=site \
      "$BIN/maps_model" 3000 1 0
    expect '$status == 7'
    (($(grep -c INJECTED trace) > 30)) || { echo "$call: nothing was refused"; return 1; }
    agrees <<<"$output"
    rm model.*.dump
  done
  run --separate-stderr strace -f -o trace -e trace=mmap -e inject=mmap:error=ENOMEM:when=90+5 -E LD_PRELOAD="$SHIM" \
    -E ARENASHIM_TAG=site "$BIN/maps_model" 3000 1 0
  expect '$status == 7'
  (($(grep -c INJECTED trace) > 100))
  agrees --missed <<<"$output"
}

@test "planted mappings: parts, moves, segments, the break" {
  run_shim ARENASHIM_DUMP=planted.dump "$BIN/maps_planted" kinds
  expect '$status == 7'
  dump_agrees planted.dump
  output=$(functions planted.dump)
  expect '$output == "all_kinds 0 0 1
attach_segment 20480 1 2
map_cache 12288 2 2
move_break 10000 1 1
move_cache 28672 1 1"'
}

@test "the text report has them, and no byte of them among malloc's" {
  run_shim ARENASHIM_STATS=1 "$BIN/maps_planted" kinds
  expect '$status == 7'
  expect '$stderr == *"mapped by the program itself"*"bytes mapped now "*maps_planted+0x*'
  with=$(grep -A9 'call sites: all together' <<<"$stderr" | grep 'live bytes')
  run_shim ARENASHIM_STATS=1 "$BIN/maps_planted" pairs 1
  [[ $with == $(grep -A9 'call sites: all together' <<<"$stderr" | grep 'live bytes') ]]
  run_shim ARENASHIM_STATS=1 ARENASHIM_TAG=off "$BIN/maps_planted" kinds
  refute grep 'mapped by the program itself' <<<"$stderr"
}

PLANTED="all_kinds 0 0 1
attach_segment 20480 1 2
map_cache 12288 2 2
move_break 10000 1 1
move_cache 28672 1 1"

@test "a killed process: its record has them" {
  run_shim ARENASHIM_TAG=stack:8 ARENASHIM_RECORD=r "$BIN/maps_planted" killed
  expect '$status == 137'
  arenashim report --kind mapped --by module r
  expect '$output == *" ranges by the program itself"*"71440 "*maps_planted*'
  arenashim export --format json r
  output=$(/usr/bin/python3 -c 'import json, sys
d, sums = json.load(sys.stdin), {}
for a in d["mapped"]:
    names = [d["frames"][f]["name"] for f in d["sites"][a["site"]]["path"]]
    ranges = [r for r in d["ranges"] if (r["arena"], r["site"]) == (a["arena"], a["site"])]
    assert a["ranges"] == len(ranges) and a["live_bytes"] == sum(r["end"] - r["start"] for r in ranges), a
    if "main" in names:
        before = sums.get(names[0], (0, 0, 0))
        sums[names[0]] = tuple(map(sum, zip(before, (a["live_bytes"], a["ranges"], a["allocs"]))))
for name, numbers in sorted(sums.items()):
    print(name, *numbers)' <<<"$output")
  expect '$output == "$PLANTED"'
}

@test "a running process, from outside: the same" {
  mkfifo in
  ARENASHIM_TAG=stack:8 LD_PRELOAD=$SHIM "$BIN/maps_planted" waits >out <in &
  local pid=$!
  exec 9>in
  within 30 grep -q ready out
  arenashim dump $pid -o live.dump
  exec 9>&-
  kill -9 $pid
  expect_ok
  output=$(functions live.dump)
  expect '$output == "$PLANTED"'
}

@test "a process without call sites: from the moment when arenashim attach asks for them" {
  mkfifo in
  LD_PRELOAD=$SHIM "$BIN/maps_planted" waits >out <in &
  local pid=$!
  exec 9>in
  within 30 grep -q ready out
  arenashim attach $pid --sample 64K
  exec 9>&-
  within 30 grep -q again out
  arenashim dump $pid -o attached.dump
  kill -9 $pid
  expect_ok
  output=$(functions attached.dump)
  expect '$output == "$PLANTED"'
}

@test "a fork's child has its parent's mappings, and goes its own way" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/maps_planted" forks
  expect '$status == 7'
  dumps_agree ./*.dump*
  [[ $(functions parent.dump) == "map_cache 40960 1 1" ]]
  output=$(functions child.dump)
  expect '$output == "map_cache 28672 2 2"' # the one that was inherited counts as mapped
}

@test "stacks of threads by the call that made them, as many bytes as the threads find" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/maps_planted" threads
  expect '$status == 7'
  wanted=$(sort <<<"$output")
  output=$(functions threads.dump)
  expect '$output == "$wanted"'
}

@test "a fork waits until no other thread changes the books" {
  run_shim ARENASHIM_TAG=site "$BIN/maps_planted" busy
  expect '$status == 7'
  local file
  for file in slow.dump*; do
    [[ ! -f $file ]] || dump_agrees "$file" --health "calls of mmap and its family that could not be booked" 0
  done
}

@test "calls before the constructor are booked, too" {
  run_shim ARENASHIM_DUMP=early.dump "$BIN/maps_planted" early
  expect '$status == 7'
  [[ $(functions early.dump) == "map_cache 8192 1 1" ]]
}

@test "strace agrees, page by page: python3, git, the planted program" {
  git init -q r && (cd r && seq 20000 >f && git add f && git -c user.name=a -c user.email=a@b commit -qm m && git gc -q)
  local n=0
  for program in "/usr/bin/python3 -c import|mmap,sys;m=mmap.mmap(-1,1<<20);m[0]=1;f=open(sys.executable,'rb');n=mmap.mmap(f.fileno(),0,prot=1)" \
    "git -C r log --stat" "$BIN/maps_planted kinds"; do
    mapfile -t words < <(tr ' |' '\n ' <<<"$program")
    n=$((n + 1))
    strace -f -o log -e trace=execve,mmap,munmap,mremap,brk,shmget,shmat,shmdt -E LD_PRELOAD="$SHIM" -E ARENASHIM_DUMP=strace.$n.dump \
      "${words[@]}" >out 2>&1 || [[ $program == */maps_planted* ]]
    run /usr/bin/python3 "$HERE/maps_strace.py" strace.$n.dump log
    echo "$program: $output" >&3
    ((status == 0))
  done
}

# Other preloaded libraries with a mmap of their own, before us and after us, and a program with one.
@test "wrappers of mmap before us, after us, and in the program" {
  gcc -shared -fPIC -O0 -o wrap.so -x c - <<<'
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <stdlib.h>
    #include <sys/mman.h>
    int wrapped;
    void *mmap(void *a, size_t n, int p, int f, int fd, off_t o) {
      static void *(*next)(void *, size_t, int, int, int, off_t);
      if (!next) next = (void *(*)(void *, size_t, int, int, int, off_t))dlsym(RTLD_NEXT, "mmap");
      wrapped++;
      free(malloc(100000));
      return next(a, n, p, f, fd, o);
    }'
  gcc -g -O0 -o user -x c - <<<'
    #include <stdlib.h>
    #include <sys/mman.h>
    extern int wrapped __attribute__((weak));
    static void *grow(void) { return mmap(0, 40960, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }
    int main(void) { return grow() == MAP_FAILED ? 1 : &wrapped && wrapped > 0 ? 7 : 8; }'
  gcc -g -O0 -o own -x c - <<<'
    #include <sys/mman.h>
    #include <sys/syscall.h>
    #include <unistd.h>
    void *mmap(void *a, size_t n, int p, int f, int fd, off_t o) { return (void *)syscall(SYS_mmap, a, n, p, f, fd, o); }
    int main(void) { return mmap(0, 40960, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? 1 : 7; }'
  local mode
  for mode in off site; do
    run --separate-stderr env LD_PRELOAD="$PWD/wrap.so:$SHIM" ARENASHIM_TAG=$mode ARENASHIM_DUMP=first.$mode ./user
    expect '$status == 7'
    run --separate-stderr env LD_PRELOAD="$SHIM:$PWD/wrap.so" ARENASHIM_TAG=$mode ARENASHIM_DUMP=last.$mode ./user
    expect '$status == 7'
    run_shim ARENASHIM_TAG=$mode ARENASHIM_DUMP=own.$mode ./own
    expect '$status == 7'
  done
  [[ $(functions first.site wrap.so) == "mmap 40960 1 1" ]] # who calls us is the wrapper; its caller is in the path
  [[ $(functions last.site user) == "grow 40960 1 1" ]]
  [[ $(functions own.site own) == "" ]]
}
