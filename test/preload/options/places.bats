# Where files go: the pattern's path, else $TMPDIR, else /tmp, each tried by writing; nothing through what others
# have put under a name; and what can't be written later is said at the start.
load ../../common

# Other users must get there: bats' own directories are closed to them.
setup() {
  place=$(TMPDIR=/tmp mktemp -d /tmp/arenashim-places.XXXXXX)
  cd "$place" || return
  chmod 755 .
  mkdir -m 1777 tmp
  export TMPDIR=$PWD/tmp
}
teardown() { cd / && rm -rf "$place"; }

root_only() { ((UID == 0)) || skip "becoming another user needs root"; }


# said TEXT: that is the one line on stderr, after "arenashim: "
said() {
  (($(stderr_lines) == 1)) || { printf 'one line expected: %s\n' "$stderr"; return 1; }
  [[ $stderr == "arenashim: $1" ]] || { printf 'expected: %s\nfound:    %s\n' "$1" "$stderr"; return 1; }
}

# ---- other places ----

@test "a program that became another user: the dump is in TMPDIR, and one line says so" {
  root_only
  mkdir own
  run_shim ARENASHIM_DUMP="$PWD/own/d.%p" ARENASHIM_STATS= "$BIN/become" user 65534
  expect '$status == 7'
  file=$(echo tmp/d.*)
  said "can't write the dump to $PWD/own/${file#tmp/}: Permission denied; written to $PWD/$file instead"
  dumps_agree "$file"
  [[ $(stat -c %a-%u "$file") == 600-65534 && -z $(ls -A own) ]]
}

@test "a program that has another root: the dump is in its /tmp" {
  root_only
  mkdir -p own root/tmp && chmod 1777 root/tmp
  run_shim ARENASHIM_DUMP="$PWD/own/d" "$BIN/become" root "$PWD/root"
  expect '$status == 7'
  said "can't write the dump to $PWD/own/d: No such file or directory, nor to $TMPDIR/d: No such file or directory; written to /tmp/d instead"
  dumps_agree root/tmp/d
}

@test "where no place is left, the line names all of them" {
  root_only
  mkdir -p own root
  run_shim ARENASHIM_STATS="$PWD/own/d" "$BIN/become" root "$PWD/root"
  expect '$status == 7'
  said "can't write the report to $PWD/own/d: No such file or directory, nor to $TMPDIR/d: No such file or directory, nor to /tmp/d: No such file or directory; the program goes on without it"
  [[ -z $(find . -name 'd*') ]]
}

@test "TMPDIR is as it was at the start" {
  root_only
  mkdir own other && chmod 1777 other
  run_shim ARENASHIM_DUMP="$PWD/own/d" perl -e '$ENV{TMPDIR} = "'"$PWD"'/other"; $( = $) = "65534 65534"; $< = $> = 65534; exit 3'
  expect '$status == 3'
  dumps_agree tmp/d
}

@test "a second attempt writes all of a dump again, with its call sites" {
  unshare -m true 2>/dev/null || skip "a mount of its own needs root"
  mkdir disk
  run --separate-stderr unshare -m bash -c 'mount -t tmpfs -o size=16k tmpfs disk
    env LD_PRELOAD="$1" ARENASHIM_TAG=stack:20 ARENASHIM_DUMP="$PWD/disk/d" "$2" 0 2000 >said; ls -A disk' - "$SHIM" "$BIN/dump_paths"
  said "can't write the dump to $PWD/disk/d: No space left on device; written to $TMPDIR/d instead"
  expect '-z $output'
  dumps_agree tmp/d
  # the same numbers as at a first attempt, but for what is resident, and for the header
  run_shim ARENASHIM_TAG=stack:20 ARENASHIM_DUMP="$PWD/first" "$BIN/dump_paths" 0 2000
  for by in class function; do
    "$TOOL" report --by $by -n 0 first | sed '1d; /^  resident /d' >expected
    "$TOOL" report --by $by -n 0 tmp/d | sed '1d; /^  resident /d' >found
    (($(wc -l <expected) > 3)) && diff expected found
  done
}

@test "on a name that exists there, too, the process id is appended, and the line has it" {
  root_only
  mkdir own
  echo precious >tmp/d
  run_shim ARENASHIM_DUMP="$PWD/own/d" "$BIN/become" user 65534
  file=$(echo tmp/d.*)
  said "can't write the dump to $PWD/own/d: Permission denied; written to $PWD/$file instead"
  dumps_agree "$file"
  [[ $(cat tmp/d) == precious ]]
}

# ---- what others put there ----

# planted COMMAND: with what COMMAND makes in a directory that all may write, a dump of that name is written whole
# under a longer name, and what was there is as it was.
planted() {
  root_only
  rm -rf open && mkdir -m 1777 open && echo precious >victim && mkfifo -m 666 pipe
  setpriv --reuid=65534 --regid=65534 --clear-groups bash -c "cd open; $1"
  before=$(stat -c '%F %i %s' open/d)
  run_shim ARENASHIM_DUMP="$PWD/open/d" "$BIN/exit_paths" exit
  expect '$status == 7 && -z $stderr'
  [[ $(stat -c '%F %i %s' open/d) == "$before" && $(cat victim) == precious ]]
  dumps_agree open/d.*
  [[ $(stat -c %a open/d.*) == 600 && $(ls -A open | wc -l) == 2 ]]
}

@test "a link of another user to a file is not followed" { planted 'ln -s ../victim d'; }
@test "a link of another user to nowhere is not followed" { planted 'ln -s ../nothing d'; [[ ! -e nothing ]]; }
@test "a link of another user to a pipe is not followed" { planted 'ln -s ../pipe d'; }
@test "a link of another user to a device is not followed" { planted 'ln -s /dev/null d'; }
@test "a pipe of another user is not written to, nor waited for" { planted 'mkfifo -m 666 d'; }
@test "a file of another user is left alone" { planted 'echo theirs >d; chmod 666 d'; }

@test "where a name with the process id and the number is taken, too, another is found" {
  run bash -c 'for f in d d.$$ d.$$.1; do echo theirs >$f; done; exec env LD_PRELOAD="$0" ARENASHIM_DUMP="$PWD/d" /bin/true' "$SHIM"
  expect '$status == 0 && -z $output'
  (($(grep -lx theirs d* | wc -l) == 3 && $(ls d* | wc -l) == 4))
  dumps_agree "$(grep -Lx theirs d*)"
}

@test "a directory under the name: the file is elsewhere" {
  mkdir d
  run_shim ARENASHIM_DUMP="$PWD/d" "$BIN/exit_paths" exit
  expect '$status == 7 && $stderr == *"/d: Is a directory (end it with / for files in it); written to $TMPDIR/d instead"'
  dumps_agree tmp/d
  [[ -z $(ls -A d) ]]
}

@test "names of temporary files can't be guessed, and are not those of links" {
  names() { strace -f -e trace=open,openat -o log env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$PWD/d" /bin/true && grep -o '/d\.tmp\.[^"]*".*' log; }
  command -v strace >/dev/null || skip "no strace"
  first=$(names) second=$(names)
  [[ $first =~ ^/d\.tmp\.[0-9a-f]{8}\",.*O_CREAT\|O_EXCL\|O_NOFOLLOW ]]
  [[ ${first%%\"*} != "${second%%\"*}" ]]
}

@test "where random numbers are refused, the kernel's for the process do" {
  command -v strace >/dev/null || skip "no strace"
  for _ in 1 2; do
    strace -qq -f -e trace=getrandom,open,openat -e inject=getrandom:error=ENOSYS -o log env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$PWD/d" /bin/true
    grep -o '/d\.tmp\.[0-9a-f]*' log >>found
  done
  (($(sort -u found | wc -l) == 2))
}

@test "in a directory of one's own the umask applies, in others' a file is private" {
  mkdir own && (umask 022 && run_shim ARENASHIM_DUMP="$PWD/own/d" /bin/true)
  mkdir -m 1777 open && (umask 022 && run_shim ARENASHIM_DUMP="$PWD/open/d" /bin/true)
  mkdir -m 775 group && (umask 022 && run_shim ARENASHIM_STATS="$PWD/group/d" /bin/true)
  [[ $(stat -c %a own/d open/d group/d | tr '\n' ' ') == "644 600 600 " ]]
}

# ---- what the user names ----

@test "a pipe that nobody reads does not hold the end up for long" {
  mkfifo f
  SECONDS=0
  run_shim ARENASHIM_STATS="$PWD/f" "$BIN/exit_paths" exit
  expect '$status == 7'
  ((SECONDS < 20))
  said "can't write the report to $PWD/f: no process reads this pipe; the program goes on without it"
  [[ -p f ]]
}

@test "a pipe whose reader stops reading does not, either" {
  mkfifo f
  sleep 30 <f &
  SECONDS=0
  run_shim ARENASHIM_DUMP="$PWD/f" "$BIN/dump_paths" 0 3000
  kill $!
  expect '$status == 0'
  ((SECONDS < 20))
}

@test "a pipe with a reader gets all of it, also of one that comes late" {
  mkfifo f
  (sleep 0.3 && cat f >got) &
  run_shim ARENASHIM_DUMP="$PWD/f" "$BIN/dump_sites"
  wait $!
  expect '-z $stderr'
  dumps_agree got
}

@test "a link of one's own to a device" {
  ln -s /dev/full l
  run_shim ARENASHIM_STATS="$PWD/l" "$BIN/exit_paths" exit
  expect '$status == 7'
  said "can't write the report to $PWD/l: No space left on device; the program goes on without it"
  [[ -L l ]]
}

@test "/dev/stdout that is a file: after what the program wrote, by any of its names" {
  for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
    env LD_PRELOAD="$SHIM" ARENASHIM_STATS=$name "$BIN/become" write $'said\n' >out || (($? == 7))
    [[ $(head -1 out) == said && $(sed -n 2p out) == '== arenashim '* && $(tail -1 out) == *[0-9] ]]
    env LD_PRELOAD="$SHIM" ARENASHIM_DUMP=$name "$BIN/become" write "said:" >out || (($? == 7))
    [[ $(head -c 5 out) == said: ]]
    tail -c +6 out >d
    dumps_agree d
  done
}

@test "/dev/stderr that was closed meanwhile" {
  run_shim ARENASHIM_STATS=/dev/stderr "$BIN/become" close
  expect '$status == 7 && $stderr == "== arenashim "*'
  run_shim ARENASHIM_STATS=/dev/stdout "$BIN/become" close
  expect '$status == 7 && $output == "== arenashim "*'
}

@test "a pattern that ends in / is a directory with names for all" {
  mkdir out
  run_shim ARENASHIM_DUMP="$PWD/out/" ARENASHIM_STATS=out/ bash -c 'echo $$; exec "$0" exit' "$BIN/exit_paths"
  expect '$status == 7 && -z $stderr'
  [[ $(cd out && ls -A | tr '\n' ' ') == "exit_paths.$output.dump exit_paths.$output.txt " ]]
}

# ---- at the start ----

@test "a directory without the / that makes files in it: what is missing is said" {
  mkdir out
  run_shim ARENASHIM_DUMP="$PWD/out" true
  expect '$stderr == "arenashim: can'"'"'t write the dump to $PWD/out: Is a directory (end it with / for files in it); unless"*'
}

@test "a directory that is not there is said at the start, and at the end where the file is" {
  run_shim ARENASHIM_DUMP="$PWD/none/%e.%p" bash -c 'echo "the program: $$" >&2'
  pid=${stderr##*the program: } pid=${pid%%$'\n'*}
  expect '${stderr%%$'"'\\n'"'*} == "arenashim: can'"'"'t write the dump to $PWD/none/bash.$pid: No such file or directory; unless that changes before it is written, it goes to $TMPDIR or /tmp"' ||
    expect '${stderr%%$'"'\\n'"'*} == "arenashim: can'"'"'t write the dump to "*": No such file or directory; unless "*'
  expect '$stderr == *"instead"'
  dumps_agree tmp/bash.*
}

@test "a directory where one must not write is said at the start, one where all is well is not" {
  root_only
  mkdir own
  cp "$SHIM" shim.so # the checkout may be where only root may look
  SHIM=$PWD/shim.so
  run_shim ARENASHIM_DUMP="$PWD/own/d" setpriv --reuid=65534 --regid=65534 --clear-groups true
  expect '$stderr == *"own/d: Permission denied; unless"*"own/d: Permission denied; written to "*'
  run_shim ARENASHIM_DUMP="$PWD/own/d" true
  expect '-z $stderr'
}

@test "asking at the start changes nothing" {
  mkdir own && touch -d 2001-01-01 own
  command -v strace >/dev/null || skip "no strace"
  strace -f -o log env LD_PRELOAD="$SHIM" ARENASHIM_DUMP="$PWD/own/d" "$BIN/exit_paths" abort || true
  [[ $(stat -c %Y own) == "$(date -d 2001-01-01 +%s)" ]]
}

@test "a directory that comes before the end is used" {
  run_shim ARENASHIM_STATS="$PWD/later/r" bash -c 'mkdir later'
  (($(stderr_lines) >= 1))
  expect '$stderr != *instead*'
  [[ -s later/r ]]
}
