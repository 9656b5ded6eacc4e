# The text report with tags: every call site's numbers are the program's own, its sections agree, it
# fits a terminal.
load ../../common
load report

@test "one thread: every site's numbers are the program's, sites, arenas, classes and ledger agree" {
  for mode in site stack:2 stack:8 stack:64; do
    reported ARENASHIM_TAG=$mode "$BIN/report_sites" one
    holds --sites books 'running == 0' 'arenas == 1' 'tagged' 'resized >= 6' '1200000 <= peak < 1210000' 'peak * 0.999 <= peak_most <= peak' || return
    grep -q "^   block size 1M, tags $mode, children follow$" r.txt
  done
}

@test "threads that have ended, objects that other threads freed: exact" {
  reported "$BIN/report_sites" threads
  holds --sites books 'running == 0' 'arenas >= 5' 'remote >= 990'
}

@test "the process's peak: what held it then" {
  reported "$BIN/report_sites" one
  local row
  row=$(sed -n '/^process peak/,/^$/p' r.txt | grep -E '^ *[0-9]+ +[0-9]+ +[0-9]+' | head -1)
  echo "$row"
  read -r _ bytes objects _ <<<"$row"
  ((bytes > 1198000 && bytes <= 1200000 && objects > 2995 && objects <= 3000))
}

@test "classes, threads of every kind, many rounds: the sections agree" {
  reported "$BIN/counters" one 50
  holds 'running == 0' 'arenas == 1' 'big >= 35 * 50'
  reported "$BIN/counters" threads 8
  holds 'running == 0' 'arenas == 2' 'remote > 0'
  reported ARENASHIM_BLOCK_SIZE=64K "$BIN/counters" together 8
  holds 'running == 0' 'arenas >= 8'
  reported perl -e 'my %h = map { $_ => "x$_" } 1..20000; my @b = map { "z" x (7 * $_) } 1..2000; exit 0'
  holds 'sites > 100'
}

@test "programs that do it all: every equation between the sections holds" {
  local program
  for program in "contract sizes" contract_kin "contract_aligned alignments" cxx remote_free producer_consumer \
    "thread_exit 400" "model 200000" larson "threads_short 300" fork_arenas; do
    # shellcheck disable=SC2086 # a program and its arguments
    reported "$BIN/"$program
    each_holds tagged || { echo "$program"; return 1; }
  done
}

@test "the child of a fork counts by itself, freeing what it inherited" {
  reported perl -e 'my %h = map { $_ => "x$_" } 1..20000; if (!fork) { my @b = map { "y$_" x 3 } 1..1000; exit 0 } wait; exit 0'
  [[ $(ls r.txt* | wc -l) == 2 ]]
  each_holds 'forked or allocs > 60000' 'not forked or frees < allocs'
  reported perl -e 'my @b = map { "z" x 2000 } 1..500; if (!fork) { @b = (); exit 0 } wait; exit 0'
  each_holds 'allocs >= 500 or not forked'
  reported "$BIN/fork_counts"
  each_holds 'forked or blocks >= 40 and peak >= 35000000' 'not forked or 0 < blocks < 10 and peak < 10000000'
}

@test "1,000 reports by signal from four busy threads: whole, and true of ended threads" {
  LD_PRELOAD= timeout 250 env LD_PRELOAD="$SHIM" ARENASHIM_SIGNAL=USR2 ARENASHIM_STATS="$PWD/r.%n" \
    "$BIN/signal_report" 12 1000 4000 >out
  local n
  n=$(ls r.* | wc -l)
  echo "reports: $n"
  ((n >= 500))
  [[ $(grep -lE '^call sites: those that hold most' r.* | wc -l) == "$n" ]]
  [[ $(cat r.* | awk 'length > 80' | wc -l) == 0 ]]
  /usr/bin/python3 "$HERE/signal_reports.py" out r.*
}

@test "a call path names exported functions, and where regions were created" {
  reported "$BIN/report_sites" one
  grep -E '^ +report_sites\+0x[0-9a-f]+ holds_40 < report_sites\+0x[0-9a-f]+ main$' r.txt
  reported "$BIN/region_user"
  holds 'regions == 2'
  grep -A1 -E '^  alive +100 +5000 +1 +8192 +0 +6400$' r.txt | grep -E '^        region_user\+0x[0-9a-f]+'
}

@test "regions: requests, blocks and the call sites of these are the program's" {
  local name allocs bytes blocks payload used mode
  for mode in site stack:8; do
    reported ARENASHIM_TAG=$mode "$BIN/tags_regions"
    holds 'regions == 4'
    [[ $(wc -l <books) == 4 ]]
    while read -r name allocs bytes blocks payload used; do
      grep -E "^  $name +$allocs +$bytes +$blocks +$payload +[0-9]+ +$used$" r.txt
    done <books
  done
}

@test "a library that was closed: its paths say so and nobody looks into it" {
  reported "$BIN/report_closed" "$BIN/report_closed.plugin.so"
  holds 'sites > 1'
  grep -E '^ +\(closed\) report_closed\.plugin\.so\+0x' r.txt
}

@test "without libunwind: runs, says so in one line, sites are the callers" {
  mkdir empty && : >empty/libunwind.so.8
  reported LD_LIBRARY_PATH="$PWD/empty" "$BIN/report_sites" one
  holds --sites books
  grep -xF '   block size 1M, tags site, children follow' r.txt
  grep -xF '   without libunwind8: a call path is the caller alone, not stack:8' r.txt
  [[ $(wc -l <said) == 1 ]]
  grep -F 'libunwind.so.8 cannot be loaded' said
  refute grep -F ' main <' r.txt
  reported LD_LIBRARY_PATH="$PWD/empty" ARENASHIM_TAG=site "$BIN/report_sites" one
  holds --sites books
  [[ ! -s said ]]
}

@test "health: what was compared with libunwind, and nothing that differs" {
  reported ARENASHIM_TAG=verify:8 perl -e 'my %h = map { $_ => "x$_" } 1..2000; exit 0'
  holds 'health["paths compared with libunwind'"'"'s own answer"] > 2000' \
    '"of these differing: their sites may be wrong" not in health'
}

@test "health: requests before our constructor have a path of one frame, each is counted" {
  local early one with plain mode
  for mode in stack:8 verify:64; do
    reported ARENASHIM_TAG=$mode "$BIN/tags_early"
    read -r plain one <books
    echo "$mode: $plain, with one frame: $one"
    ((plain > 0 && plain == one))
    holds "health['requests before our start: their path is the caller alone'] == $plain"
    reported "LD_PRELOAD=$SHIM $BIN/tags_early.plugin.so" ARENASHIM_TAG=$mode "$BIN/tags_early"
    read -r with one <books
    ((with == plain + 1010 && with == one))
    holds "health['requests before our start: their path is the caller alone'] == $with"
    grep -E " early\+.* 24$" r.txt || true
  done
  reported ARENASHIM_TAG=site "LD_PRELOAD=$SHIM $BIN/tags_early.plugin.so" "$BIN/tags_early"
  read -r early one <books
  ((early == 0 && one > 1100))
  refute grep -q 'before our start' r.txt
}

@test "the ledger agrees with strace's account of what the shim maps" {
  strace -f -o log -e trace=mmap,munmap,brk env LD_PRELOAD="$SHIM" ARENASHIM_TAG=site ARENASHIM_STATS="$PWD/r.txt" \
    "$BIN/counters" one >books
  holds 'arenas == 1'
  /usr/bin/python3 "$HERE/strace_sum.py" log r.txt
}

@test "where process_vm_readv is forbidden: paths without names" {
  reported strace -f -o /dev/null --inject=process_vm_readv:error=EPERM -e trace=process_vm_readv "$BIN/report_sites" one
  local mine
  mine=$(grep -l ' report_sites, pid' r.txt*)
  grep -E '^ +report_sites\+0x[0-9a-f]+ < report_sites\+0x' "$mine"
}

@test "a thread that starts when figures for a signal's report are due" {
  for tag in off site stack:8; do
    run_shim ARENASHIM_SIGNAL=TERM ARENASHIM_TAG=$tag "$BIN/signal_late"
    expect_ok
  done
}

@test "peaks: facts of one arena, upper bounds where another may have freed large objects, and of sites in several" {
  reported "$BIN/report_sites" one
  refute grep '<=' r.txt
  reported "$BIN/report_sites" threads
  [[ $(awk '/^arenas: what lives/ { on = 1 } /^$/ { on = 0 } on && /^ / { print $1, $5 ~ /^<=/ }' r.txt | tr '\n' ';') == '0 1;1 0;2 0;3 0;4 0;' ]]
  (($(awk '/^call sites: those that hold most/ { on = 1 } /^$/ { on = 0 } on' r.txt | grep -cE '^ *[0-9]+ +[0-9]+ +[0-9]+ +<=[0-9]+ ') > 0))
  reported ARENASHIM_TAG=off "$BIN/report_sites" one
  grep -qE '^ +0 +1 +[0-9]+ +[0-9]+ +<=[0-9]+ ' r.txt
}

@test "sampled: what is estimated is not said to be exact" {
  reported ARENASHIM_SAMPLE=64K "$BIN/report_sites" one
  grep -qx 'call sites: all together (estimates, from samples)' r.txt
  grep -qx 'process peak: the most bytes alive at a time (estimates, from samples)' r.txt
  refute grep -F '0.1 %' r.txt
  grep -qE '^ +[0-9]+ +[0-9]+ +[0-9]+ +(<=)?[0-9]+ +[0-9]+ +- ' r.txt # nor is it known what was temporary
}
