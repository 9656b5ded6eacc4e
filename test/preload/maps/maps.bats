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
  # pthread_create has a step before it: a thread inherits the sandbox of the one that starts it (sandbox.h)
  for name in mmap mmap64 munmap mremap brk sbrk shmat shmdt; do
    objdump -d --no-show-raw-insn --disassemble="$name" "$SHIM" | sed -nE 's/^ +[0-9a-f]+:\s+//p' | head -1 | grep -q '^jmp    \*0x'
  done
}

# pairs_cost [PRELOAD]: "INSTRUCTIONS CALLS", what 10,000 pairs of mmap and munmap execute and ask of the kernel.
pairs_cost() {
  local n
  for n in 1000 11000; do
    env ${1:+LD_PRELOAD="$1"} valgrind --tool=callgrind --callgrind-out-file=/dev/null "$BIN/maps_planted" pairs $n 2>&1 |
      awk '/Collected/ { print $NF }'
    strace -c -o calls ${1:+-E LD_PRELOAD="$1"} "$BIN/maps_planted" pairs $n || (($? == 7))
    awk '$NF == "total" { print $4 }' calls
  done | paste -sd' ' | awk '{ print $3 - $1, $4 - $2 }'
}

# Counts, because they do not depend on what else the machine does.  In time it is 0.99 of what it takes without.
@test "without tags a pair of mmap and munmap executes two instructions more, and no system call" {
  local without with calls calls_with
  read -r without calls <<<"$(pairs_cost)"
  read -r with calls_with <<<"$(pairs_cost "$SHIM")"
  echo "# 10,000 pairs: $without instructions, $with with the shim; $calls system calls, $calls_with" >&3
  ((calls == 20000 && calls_with == 20000 && with <= without + 20000 + 500))
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

@test "what libunwind maps for us is not the program's" {
  run_shim ARENASHIM_DUMP=planted.dump "$BIN/maps_planted" pairs 1
  expect '$status == 7'
  arenashim report --kind mapped --by module planted.dump
  expect '$output == *maps_planted* && $output != *libunwind*'
}

@test "at the edges: over halves of two, across three and a hole, moves that keep, parts of segments, brk that is refused" {
  local case
  for case in ranges exec; do # the process that was there before has left nothing
    run_shim ARENASHIM_DUMP=$case.dump "$BIN/maps_edges" $case
    expect '$status == 7'
    dump_agrees $case.dump
    diff <(sort <<<"$output") <(functions $case.dump maps_edges)
  done
  # protection is that of the call, whatever mprotect did since
  PYTHONPATH=$HERE /usr/bin/python3 -c 'from maps_read import Maps
r, = [r for r in Maps("ranges.dump").ranges if r["start"] == 0x180000000000 + 130 * 4096]
assert r["end"] - r["start"] == 8192 and r["protection"] == 0, r'
}

@test "results and errno of calls that fail, and of some that don't, are those of libc" {
  local mode
  run --separate-stderr "$BIN/maps_edges" errors
  expect '$status == 7 && ${#lines[@]} > 50'
  local without=$output
  for mode in off site stack:8; do
    run_shim ARENASHIM_TAG=$mode "$BIN/maps_edges" errors
    expect '$status == 7'
    diff <(echo "$without") <(echo "$output")
  done
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

# have_their_stacks CASE DUMP...: what the program says of each dump stands in it
have_their_stacks() {
  local dump wanted
  run_shim ARENASHIM_TAG=stack:8 "$BIN/maps_threads" "$1"
  expect '$status == 7'
  for dump in "${@:2}"; do
    wanted=$(sed -n "s/^$dump: //p" <<<"$output" | sort)
    [[ -n $wanted ]]
    diff <(echo "$wanted") <(functions "$dump.dump" maps_threads)
  done
}

@test "stacks of threads by the call that made them, as many bytes as the threads find" {
  have_their_stacks lives threads
  arenashim report --by function threads.dump # memory that pthread_create needs is its caller's
  expect '$output == *maps_threads.c* && $output != *mapped_calls.c*'
  arenashim report threads.dump # and a thread's call path is what it is without us
  expect '$output == *own_stack*lives*start_thread* && $output != *mapped_thread*'
}

@test "of its parent's threads a fork's child has the stack of the one that forked" {
  have_their_stacks forks parent main thread
}

@test "a fork before its new threads have begun: the child's own threads are booked" {
  gcc -shared -fPIC -O1 -o none.so -x c - <<<'
    #define _GNU_SOURCE
    #include <dlfcn.h>
    #include <pthread.h>
    int pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*start)(void *), void *p) {
      static int calls;
      int (*next)() = dlsym(RTLD_NEXT, "pthread_create");
      return calls++ < 80 ? 0 : next(t, a, start, p);
    }'
  SHIM="$SHIM:$PWD/none.so" have_their_stacks late late
}

@test "a thread with the smallest stack maps, moves and unmaps" {
  have_their_stacks tiny tiny
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
