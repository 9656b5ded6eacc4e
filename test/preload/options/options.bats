# The environment: every bad value is told in one line and replaced; nothing is printed or written unless asked for.
load ../../common

# complains NAME VALUE WORD...: one line that begins with the variable and says VALUE and each WORD; the program runs on.
complains() {
  run_shim "$1=$2" "$BIN/exit_paths" exit
  expect '$status == 7'
  expect '-z $output'
  (($(stderr_lines) == 1)) || { printf 'one line expected: %s\n' "$stderr"; return 1; }
  expect "\$stderr == 'arenashim: $1='*"
  local word
  for word in "${@:2}"; do expect "\$stderr == *'$word'*"; done
}

silent() { # NAME=VALUE...: nothing printed, status its own
  run_shim "$@" "$BIN/exit_paths" exit
  expect '$status == 7'
  expect '-z $output$stderr'
}

reports() { find "$BATS_TEST_TMPDIR" -maxdepth 1 -name 'r*' | sort; } # files left there

setup() { rm -f "$BATS_TEST_TMPDIR"/r*; }

@test "ARENASHIM_BLOCK_SIZE: each bad value one line with the value, the range and what is used" {
  for value in abc -1 0 100 65537 32M 99999999999999999999 18446744073709617152 1G 64KB 1.5M '64K ' 0x10000 ' ' K; do
    complains ARENASHIM_BLOCK_SIZE "$value" 64K 16M us
  done
}

@test "ARENASHIM_BLOCK_SIZE: an empty value is a bad one" { complains ARENASHIM_BLOCK_SIZE '' 64K 16M us; }

@test "ARENASHIM_BLOCK_SIZE: good values are silent" {
  for value in 64K 65536 128K 1M 1024K 16M 16777216; do silent ARENASHIM_BLOCK_SIZE=$value; done
}

@test "other variables: bad values" {
  complains ARENASHIM_SIGNAL NOSUCH
  complains ARENASHIM_SIGNAL 0
  complains ARENASHIM_SIGNAL 1000
  complains ARENASHIM_SIGNAL KILL
  for value in TERM,KILL NOSUCH,TERM TERM, ,TERM TERM,,INT 'TERM, INT' TERM:INT SIG 32 15x; do
    complains ARENASHIM_SIGNAL "$value" HUP PWR commas 'no signal'
  done
  complains ARENASHIM_CHILDREN maybe follow off
  complains ARENASHIM_VERBOSE abc
  complains ARENASHIM_DISABLE abc
}

@test "ARENASHIM_TAG: bad values" {
  for value in '' on SITE site: site:1 stack stack: stack:0 stack:65 stack:-1 stack:8x stack:0x8 'stack: 8' stack:99999999999999999999 \
    verify verify: verify:0 verify:65 off:1 1 8; do
    complains ARENASHIM_TAG "$value" off site stack:N 64 default
  done
}

@test "ARENASHIM_TAG: good values are silent" {
  for value in off site stack:1 stack:8 stack:64 stack:08 verify:1 verify:64; do silent "ARENASHIM_TAG=$value"; done
}

@test "ARENASHIM_SAMPLE: bad values" {
  for value in '' abc -1 1.5 1G 1025M 99999999999999999999 18446744073709551617 '512 K' 0x100 K 512KB; do
    complains ARENASHIM_SAMPLE "$value" 1024M 0
  done
}

@test "ARENASHIM_SAMPLE: good values are silent" {
  for value in 0 1 524288 512K 1M 1024M; do silent "ARENASHIM_SAMPLE=$value"; done
}

@test "ARENASHIM_DUMP_AT: bad values" {
  for value in abc -1 1.5G 1T '1 M' 100MB 0% 101% 1000% % 90%% '90 %' 5.5% %90 99999999999999999999 17179869184G; do
    complains ARENASHIM_DUMP_AT "$value" 'K, M or G' '1% to 100%' 'no dump before memory runs out'
  done
}

@test "ARENASHIM_DUMP_AT: good values are silent, and so is 0 or an empty one" {
  mkdir none && cd none
  for value in '' 0 1% 90% 100% 090% 100M 64G 10737418240 99999999K; do silent "ARENASHIM_DUMP_AT=$value"; done
  resolved() { # VALUE AS
    run_shim ARENASHIM_VERBOSE=1 ARENASHIM_DUMP_AT="$1" "$BIN/exit_paths" exit
    [[ $stderr == *"ARENASHIM_DUMP_AT=$2"$'\n'* && $stderr == *"ARENASHIM_TAG=$3"$'\n'* ]] || { echo "$1: $stderr"; return 1; }
  }
  resolved 90% 90% stack:8
  resolved 2G 2048M stack:8
  resolved 0 '' off
  [[ -z $(ls -A) ]]
}

@test "ARENASHIM_SIGNAL: one or a list, by names and numbers" {
  resolved() { # VALUE NUMBERS
    run_shim ARENASHIM_VERBOSE=1 ARENASHIM_SIGNAL="$1" "$BIN/exit_paths" exit
    [[ $stderr == *"ARENASHIM_SIGNAL=$2"$'\n'* ]] || { echo "$1: $stderr"; return 1; }
  }
  resolved TERM 15
  resolved SIGTERM,INT,USR1 2,10,15
  resolved 64,34,1,TERM,TERM 1,15,34,64
  run_shim ARENASHIM_SIGNAL=USR2,WINCH,40 ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.%n" perl -e 'kill $_ => $$ for "USR2", "WINCH", 40; exit 3'
  expect '$status == 3' # a report for each, then one at exit
  [[ $(reports | wc -l) == 4 && $(grep -l 'on signal' "$BATS_TEST_TMPDIR"/r* | wc -l) == 3 ]]
}

@test "STATS, DUMP and SIGNAL: an empty value is off, and so is 0 of the first two, which is no file's name" {
  for name in STATS DUMP SIGNAL; do silent "ARENASHIM_$name="; done
  mkdir none && cd none
  for name in STATS DUMP; do silent "ARENASHIM_$name=0"; done
  [[ -z $(ls -A) ]]
}

@test "STATS and DUMP: a pattern with a field that we don't know costs a line, and writes nothing" {
  mkdir none && cd none
  for value in a%q % a%p% %%%; do
    complains ARENASHIM_STATS "$value" '%p, %e, %h, %t, %n, %%' 'no report'
    complains ARENASHIM_DUMP "$value" '%p, %e, %h, %t, %n, %%' 'no dump'
  done
  [[ -z $(ls -A) ]]
  run_shim ARENASHIM_STATS=%%.%p%%%e "$BIN/exit_paths" exit
  expect '$status == 7 && -z $stderr && $(ls) =~ ^%\.[0-9]+%exit_paths$'
}

@test "TAG: a bad value names the default that is used" {
  for value in stack:65 stack:0 verify:x; do complains ARENASHIM_TAG "$value" 'off, with a report, dump or record stack:8'; done
}

@test "CHILDREN, VERBOSE and DISABLE: an empty value is a bad one" {
  for name in CHILDREN VERBOSE DISABLE; do complains "ARENASHIM_$name" ''; done
}

@test "an unknown variable is named" {
  complains ARENASHIM_FOO 1
  complains ARENASHIM_BLOCKSIZE 64K
}

@test "a value of 100,000 bytes and one of odd bytes do no harm" {
  run_shim ARENASHIM_BLOCK_SIZE="$(printf '%100000s' | tr ' ' x)" "$BIN/exit_paths" exit
  expect '$status == 7'
  (($(stderr_lines) == 1))
  run_shim ARENASHIM_BLOCK_SIZE=$'a\nb\x1b[31m' "$BIN/exit_paths" exit
  expect '$status == 7'
  (($(stderr_lines) == 1))
}

@test "unasked, nothing is printed and no file written" {
  mkdir empty && cd empty
  run_shim sh -c 'ls -a . && exit 3'
  expect '$status == 3'
  expect '$output == $'"'.\n..'"
  expect '-z $stderr'
  [[ -z $(ls -A) ]]
}

@test "STATS=1 and STATS=stderr report to stderr, stdout is the program's" {
  for value in 1 stderr; do
    run_shim ARENASHIM_STATS=$value /bin/echo hello
    expect_ok
    expect '$output == hello'
    expect '-n $stderr'
  done
}

@test "STATS to a file: stderr stays empty, no temporary file is left" {
  mkdir out
  run_shim ARENASHIM_STATS="$PWD/out/r.txt" /bin/echo hello
  expect_ok
  expect '$output == hello'
  expect '-z $stderr'
  [[ $(ls -A out) == r.txt && -s out/r.txt ]]
}

# N lines that begin with the same words, and neither status nor output of the program changed.  1: of the
# end alone.  2: one at the start, one at the end.  (places.bats has what they say.)
cannot_write() { # N TARGET
  mkdir -p elsewhere
  run_shim TMPDIR="$PWD/elsewhere" ARENASHIM_STATS="$2" "$BIN/exit_paths" exit
  expect '$status == 7'
  expect '-z $output'
  (($(stderr_lines) == $1)) || { printf '%s lines expected: %s\n' "$1" "$stderr"; return 1; }
  expect "\$stderr == 'arenashim: '*'$2'*"
}

@test "STATS in a directory that does not exist" { cannot_write 2 "$BATS_TEST_TMPDIR/none/such/r.txt"; }
@test "STATS onto a directory" {
  mkdir "$BATS_TEST_TMPDIR/rdir"
  cannot_write 2 "$BATS_TEST_TMPDIR/rdir"
  [[ -d $BATS_TEST_TMPDIR/rdir && -z $(ls -A "$BATS_TEST_TMPDIR/rdir") ]]
}
@test "STATS with a name too long" { cannot_write 1 "$BATS_TEST_TMPDIR/$(printf '%300s' | tr ' ' r)"; }

# A node of our own: a shim that renames its file onto /dev/full would destroy the machine's.
@test "STATS onto a full device, which stays a device" {
  mknod "$BATS_TEST_TMPDIR/rfull" c 1 7 || skip "mknod needs root"
  cannot_write 1 "$BATS_TEST_TMPDIR/rfull"
  [[ -c $BATS_TEST_TMPDIR/rfull ]]
}

@test "STATS on a full disk leaves no half file" {
  unshare -m true 2>/dev/null || skip "a mount of its own needs root"
  mkdir disk elsewhere
  export TMPDIR=$PWD/elsewhere
  run --separate-stderr unshare -m bash -c 'mount -t tmpfs -o size=8k tmpfs disk && dd if=/dev/zero of=disk/fill bs=4k 2>/dev/null
    env LD_PRELOAD="$1" ARENASHIM_STATS="$PWD/disk/r.txt" "$2" exit; echo "status $?"; ls -A disk' - "$SHIM" "$BIN/exit_paths"
  expect '$output == $'"'status 7\nfill'"
  (($(stderr_lines) == 1))
  expect '$stderr == *"No space left on device; written to $PWD/elsewhere/r.txt instead"'
  [[ $(head -c 13 elsewhere/r.txt) == '== arenashim ' ]]
}

@test "DISABLE=1: no report, the program runs" {
  run_shim ARENASHIM_DISABLE=1 ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.txt" "$BIN/model" 200000
  expect_ok
  expect '-z $stderr'
  [[ -z $(reports) ]]
}

@test "VERBOSE=1: the resolved options, one line each" {
  run_shim ARENASHIM_VERBOSE=1 ARENASHIM_BLOCK_SIZE=1M /bin/echo hello
  expect_ok
  expect '$output == hello'
  for name in BLOCK_SIZE STATS CHILDREN; do (($(grep -c "ARENASHIM_$name" <<<"$stderr") == 1)); done
  refute grep -v '^arenashim: ' <<<"$stderr"
}

children_maps() { # NAME=VALUE...: what an exec'd child has mapped
  run_shim "$@" sh -c 'cat /proc/self/maps; :'
  expect_ok
}

@test "CHILDREN=follow, the default: exec'd children keep the shim" {
  children_maps A=1
  expect '$output == *libarenashim*'
  children_maps ARENASHIM_CHILDREN=follow
  expect '$output == *libarenashim*'
}

@test "CHILDREN=off: exec'd children are free of the shim" {
  children_maps ARENASHIM_CHILDREN=off
  expect '$output != *libarenashim*'
}

# bash and perl bring a setenv or an environment of their own.
@test "CHILDREN=off: whatever the program does with its environment" {
  local show='cat /proc/self/maps; echo "[$LD_PRELOAD]"; :'
  for program in "bash -c" "env A=1 sh -c" "perl -e system(@ARGV) sh -c"; do
    # shellcheck disable=SC2086 # words
    run_shim ARENASHIM_CHILDREN=off $program "$show"
    expect_ok
    expect '$output == *"[]"'
    expect '$output != *libarenashim*'
  done
}

@test "CHILDREN=off drops LD_PRELOAD from the environment unless another library is in it" {
  run_shim ARENASHIM_CHILDREN=off bash -c 'env; :'
  expect_ok
  expect "\$'\n'\$output != *\$'\n'LD_PRELOAD=*"
  expect '$output == *ARENASHIM_CHILDREN=off*'
  run --separate-stderr env LD_PRELOAD="$SHIM $BIN/cxx.plugin.so::$BIN/late.plugin.so" ARENASHIM_CHILDREN=off \
    bash -c 'env; :'
  expect_ok
  expect '$output == *LD_PRELOAD="$BIN/cxx.plugin.so:$BIN/late.plugin.so"$'"'\\n'*"
}

@test "CHILDREN=off keeps other libraries of LD_PRELOAD" {
  other=$BIN/cxx.plugin.so
  for list in "$SHIM:$other" "$other:$SHIM" "$SHIM $other" "$other $SHIM"; do
    run --separate-stderr env LD_PRELOAD="$list" ARENASHIM_CHILDREN=off sh -c 'cat /proc/self/maps; :'
    expect_ok
    expect '$output != *libarenashim*'
    expect '$output == *cxx.plugin.so*'
  done
}

@test "path pattern: %e %p %n %h %t %%" {
  before=$(date +%s)
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r_%e_%p_%n_%h_%t_%%" bash -c 'echo $$; exit 0' # dash leaves by _exit: it never reports
  expect_ok
  file=$(basename "$(reports)")
  echo "$file"
  IFS=_ read -r _ program pid number host time percent <<<"$file"
  [[ $pid == "$output" && $number =~ ^[0-9]+$ && $percent == % ]]
  [[ $program == bash ]]
  [[ $host == "$(uname -n)" ]]
  ((time >= before && time <= $(date +%s)))
}

@test "a pattern without %p: several processes lose nothing" {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.txt" bash -c '/bin/true; /bin/true; /bin/true; :'
  expect_ok
  reports
  (($(reports | wc -l) == 4))
}

@test "a pattern without %p: forked children of one process lose nothing" {
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.txt" bash -c 'for i in 1 2 3 4 5; do (exit 0) & done; wait; exit 0'
  expect_ok
  reports
  (($(reports | wc -l) == 6))
}

@test "a pattern without %p: what an earlier run wrote is kept" {
  echo precious >"$BATS_TEST_TMPDIR/r.txt"
  run_shim ARENASHIM_STATS="$BATS_TEST_TMPDIR/r.txt" /bin/true
  expect_ok
  reports
  grep -qx precious "$BATS_TEST_TMPDIR"/r.txt
  (($(reports | wc -l) == 2))
}
