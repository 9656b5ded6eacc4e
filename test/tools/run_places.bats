# `arenashim run`: where dumps are found, under which names, and from which places it can be installed.
load command

setup_file() { installed bin lib; }
setup() {
  TOOL=$BATS_FILE_TMPDIR/bin/arenashim
  unset "${!ARENASHIM_@}" LD_PRELOAD
  export TMPDIR=$BATS_TEST_TMPDIR/tmp
  mkdir -m 1777 tmp && mkdir work && cd work || return
}

# odd_names: a line each, quoted for bash: what LD_PRELOAD, path patterns, shells and terminals take for theirs.
odd_names() {
  printf '%q\n' plain 'sp ace' co:lon 'dollar$LIB' 'dollar$ORIGIN' 'dollar${PLATFORM}x' 'dollar$$' per%p com,ma \
    "quo'te" $'new\nline' $'b\xe9d' 'star*' -x
}

# place: the description of a dump of process $$ of this run, as the shim would leave it elsewhere.
fake() { # a program that starts no child under the shim, that runs the lines on stdin; `place FILE [FIELD=VALUE]...` writes a dump
  export ARENASHIM_CHILDREN=off ARENASHIM_RECORD=0
  {
    cat <<END
#!/bin/bash
place() {
  local file=\$1 text
  shift
  printf -v text 'process pid=%s program=%s tags=2 peak_bytes=4000 live_bytes=9 options="ARENASHIM_DUMP=%s ARENASHIM_TAG=stack:8" %s\nsite kind=4\naccount allocs=1 bytes=9 live_bytes=9 live_objects=1 peak_bytes=4000\n' \
    "\$\$" fake "\${pattern:-\$ARENASHIM_DUMP}" "\$*"
  "$TOOLS/make_dump" "\$file" <<<"\$text"
}
END
    cat
  } >fake
  chmod +x fake
}

@test "installed in a place of whatever name: the program is watched, and nothing is left behind" {
  while read -r name; do
    eval "name=$name"
    mkdir -p -- "./$name"
    cp "$TOOL" "$BATS_FILE_TMPDIR/lib/libarenashim.so" "./$name"
    run --separate-stderr "./$name/arenashim" run -o d sh -c 'ls / >/dev/null; exec ls /'
    expect '$status == 0 && $stderr == *"next: "* && $stderr != *LD_PRELOAD* && $stderr == *$'"'\n'"'"2 dumps: d and 1 beside it"*'
    [[ -f d && -z $(compgen -G '/tmp/arenashim-??????/libarenashim.so' | xargs -r -d '\n' readlink | grep -F "$PWD/") ]]
    rm -- d *.dump
  done < <(odd_names)
}

@test "a link for an odd place stays as long as processes do that may start others" {
  mkdir 'a b'
  cp "$TOOL" "$BATS_FILE_TMPDIR/lib/libarenashim.so" 'a b'
  mkfifo go
  run --separate-stderr 'a b/arenashim' run bash -c '(read -r <go; ls /; exec ls /) >late 2>err 3>&- & echo "${LD_PRELOAD%%:*}"'
  expect '$status == 0 && $output == /tmp/arenashim-*/libarenashim.so && $stderr == *"still running: bash"*'
  [[ $(readlink "$output") == "$PWD/a b/libarenashim.so" && $(stat -c %a "${output%/*}") == 711 ]]
  echo >go
  for _ in {1..6000}; do (($(compgen -G "arenashim.bash.*/ls.*.dump" | wc -l) < 2)) || break; read -rt 0.01 <> <(:) || true; done
  [[ ! -s err ]]
  rm -r "${output%/*}"
}

@test "where no link can be made, that is said and nothing runs" {
  ((UID == 0)) || skip "needs root, to mount"
  unshare -m true 2>/dev/null || skip "this machine lets nobody mount"
  mkdir 'a b'
  cp "$TOOL" "$BATS_FILE_TMPDIR/lib/libarenashim.so" 'a b'
  run --separate-stderr unshare -m sh -c 'mkdir ro && mount -t tmpfs -o ro none ro && for d in /var/tmp /dev/shm; do mount --bind ro $d; done
    unset TMPDIR; : >/tmp/arenashim-none; exec setpriv --bounding-set -all "$@"' sh 'a b/arenashim' run -o d sh -c 'echo >ran'
  expect '$status == 0 || $stderr == *"LD_PRELOAD takes no path with a colon, blank or \$"*'
}

@test "programs of whatever name: cleaned in file names, 64 bytes at most" {
  while read -r name; do
    eval "name=$name"
    cp /bin/true "./$name"
    arenashim run "./$name"
    clean=$(LC_ALL=C tr -c 'A-Za-z0-9._+-' _ <<<"$name" | head -c -1)
    expect '$status == 0 && $stderr == *"next: "*'
    [[ -f $(echo "arenashim.$clean".*/*.dump) && $(ls -A "arenashim.$clean".*) == *.dump ]]
    rm -r -- arenashim.* "./$name"
  done < <(
    odd_names
    printf '%q\n' 'a%' %% 'semi;colon' x.tmp.y x.dump.tmp.y "$(printf 'n%.0s' {1..64})"
  )
}

# of_the_shim WORDS: skips what needs a shim that has them.
of_the_shim() { grep -q -- "$1" "$SHIM" || skip "this shim does not say \"$1\""; }

@test "programs of 240 bytes and of dots" {
  of_the_shim ', nor to '
  long=$(printf 'n%.0s' {1..240})
  cp /bin/true "$long"
  arenashim run "./$long"
  expect '$status == 0 && $stderr == *"next: $TOOL leaks arenashim.${long:0:64}."*'
  cp /bin/true ...
  arenashim run ./...
  expect '$status == 0' && [[ -d $(echo arenashim._...[0-9]*) ]]
}

@test "run in a place of whatever name" {
  while read -r name; do
    eval "name=$name"
    mkdir -p -- "./$name"
    (cd -- "./$name" && arenashim run ls / && expect '$status == 0 && $stderr == *"next: "*' && [[ -f $(echo arenashim.ls.*/ls.*.dump) ]])
    arenashim run -o "./$name/" ls /
    expect '$status == 0' && [[ -f $(echo "./$name"/ls.*.dump) ]]
  done < <(odd_names)
}

@test "what a loader starts is the program that is watched and named" {
  gcc -x c -o prog - <<<'int main(void) { return 3; }'
  gcc -static -x c -o static - <<<'int main(void) { return 3; }'
  loader=/lib64/ld-linux-x86-64.so.2
  for options in "" "--argv0 zz" "--library-path /nowhere --inhibit-cache"; do
    # shellcheck disable=SC2086
    arenashim run $loader $options ./prog
    expect '$status == 3 && $stderr == *"next: $TOOL leaks arenashim.prog."*'
    rm -r arenashim.*
  done
  arenashim run $loader ./static
  expect '$status == 2 && $stderr == "arenashim: ./static can'"'"'t be watched: it is linked statically, "*'
}

@test "a dump that was written to \$TMPDIR or /tmp is found by the run's pattern, and moved" {
  for directory in "$TMPDIR" /tmp; do
    fake <<<"place $directory/fake.\$\$.dump; kill -9 \$\$"
    arenashim run ./fake
    expect '$status == 137 && $stderr == *"fake, pid "*": signal 9 (KILL)"*"next: $TOOL leaks arenashim.fake."*"/fake."*".dump"*'
    [[ $(ls arenashim.fake.*/fake.*.dump) && -z $(ls "$TMPDIR") ]]
    arenashim run -o d ./fake
    expect '$status == 137 && $stderr == *"next: $TOOL leaks d"*' && [[ -f d && $(ls -d arenashim.* | wc -l) == 1 ]]
    rm -r d arenashim.*
  done
}

@test "what others have put there is not taken for a dump of the run" {
  fake <<<"pattern=/other/%e.%p.dump place $TMPDIR/fake.\$\$.dump
    place $TMPDIR/fake.\$\$.dump.tmp.1234
    place old.dump
    ln -s \$PWD/old.dump $TMPDIR/fake.1.dump
    ln old.dump $TMPDIR/fake.2.dump
    place $TMPDIR/fake.3.dump; touch -d '1 hour ago' $TMPDIR/fake.3.dump
    mkfifo $TMPDIR/fake.4.dump
    kill -9 \$\$"
  arenashim run ./fake
  expect '$status == 137 && $stderr == "arenashim: fake (pid "*", signal 9 (KILL)) left no dump: "* && $stderr != *next:*'
  [[ $(ls "$TMPDIR" | wc -l) == 6 && -z $(ls -d arenashim.* 2>&-) ]]
}

@test "files of others are taken by root alone" {
  ((UID == 0)) || skip "needs root, to become somebody else"
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.." "$BATS_FILE_TMPDIR" "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR"
  chmod 777 .
  fake <<<"place $TMPDIR/fake.\$\$.dump; chown 65533 $TMPDIR/fake.\$\$.dump; kill -9 \$\$"
  arenashim run ./fake
  expect '$status == 137 && $stderr == *"next: "*'
  cat >two <<END
#!/bin/bash
( until [[ -e $TMPDIR/ready ]]; do :; done; kill -9 \$\$ ) & 
ARENASHIM_DUMP=\$ARENASHIM_DUMP; echo "\$\$ \$ARENASHIM_DUMP" >$TMPDIR/who; wait
END
  chmod +x two
  setpriv --reuid 65534 --clear-groups "$TOOL" run ./two 2>err &
  wait_pid=$!
  until [[ -s $TMPDIR/who ]]; do :; done
  read -r pid pattern <"$TMPDIR/who"
  printf 'process pid=%s program=two tags=2 options="ARENASHIM_DUMP=%s ARENASHIM_TAG=site"\nsite kind=4\naccount allocs=1\n' \
    "$pid" "$pattern" | "$TOOLS/make_dump" "$TMPDIR/two.$pid.dump"
  chmod 644 "$TMPDIR/two.$pid.dump"
  : >"$TMPDIR/ready"
  wait $wait_pid || true
  grep -F "two (pid $pid, signal 9 (KILL)) left no dump: " err
  [[ -f $TMPDIR/two.$pid.dump ]]
}

@test "a program that becomes another user: its dump is found and moved, with -o, too" {
  ((UID == 0)) || skip "needs root, to become somebody else"
  of_the_shim ', nor to '
  chmod 755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR/.." "$BATS_FILE_TMPDIR"{,/bin,/lib} "$BATS_TEST_TMPDIR/.." "$BATS_TEST_TMPDIR" .
  arenashim run setpriv --reuid 65534 --clear-groups ls /
  expect '$status == 0 && $stderr == *"ls, pid "*" (started as setpriv)"*"next: $TOOL leaks arenashim.setpriv."*"/ls."*".dump"*'
  arenashim run -o d bash -c 'setpriv --reuid 65534 --clear-groups ls / >/dev/null; :'
  expect '$status == 0 && $stderr == *$'"'\n'"'"2 dumps: d and 1 beside it, NAME.PID.dump"*'
  expect '$stderr == *$'"'\n'"'"arenashim: 1 dump was moved from $TMPDIR or /tmp to ./"$'"'\n'"'*'
  [[ -f d && -f $(echo ls.*.dump) && -z $(ls "$TMPDIR") ]]
}

@test "a run within a run: each has its own dumps" {
  inner=$(dirname "$(realpath "$SHIM")")/arenashim # not built with sanitizers
  arenashim run -o outer "$inner" run -o inner ls /
  expect '$status == 0 && $stderr == *"ls, pid "*"next: $inner leaks inner"*$'"'\n'"'"arenashim, pid "*"next: $TOOL leaks outer"* && $stderr != *"not used here"*'
  [[ $(ls) == inner$'\n'outer ]]
}

@test "a dump on another file system is copied to its place" {
  [[ -d /dev/shm && $(stat -c %d /dev/shm) != $(stat -c %d .) ]] || skip "needs a second file system"
  export TMPDIR
  TMPDIR=$(mktemp -d /dev/shm/arenashim.XXXXXX)
  fake <<<"place $TMPDIR/fake.\$\$.dump; kill -9 \$\$"
  arenashim run -o d ./fake
  left=$(ls "$TMPDIR")
  rmdir "$TMPDIR"
  expect '$status == 137 && $stderr == *"next: $TOOL leaks d"* && -z $left'
  [[ $(ls) == d$'\n'fake && $(stat -c %a d) == 600 ]]
}

@test "programs that start others with another environment, or become others" {
  arenashim run env A=b nice -n 1 sh -c 'exec ls /'
  expect '$status == 0 && $stderr == *"ls, pid "*" (started as env): exit status 0 after "*"next: $TOOL leaks arenashim.env."*"/ls."*'
  arenashim run timeout 0.3 sleep 9
  expect '$status == 124 && $stderr =~ $'"'\n'"'timeout\ +[0-9]+\ \ status\ 124\ .*$'"'\n'"'|^ && $stderr =~ $'"'\n'"'sleep\ +[0-9]+\ \ signal\ TERM\ '
  echo 'int x;' >x.c
  arenashim run make -f /dev/null x.o
  expect '$status == 0 && $stderr == *$'"'\n\n'"'"cc1, pid "*", started by make: it held most"* && $stderr =~ $'"'\n'"'make\ +[0-9]+\ \ status\ 0\ '
}

@test "the program stands in the table, however small it is" {
  cat >many <<'END'
#!/bin/bash
for i in {1..14}; do printf '%0999999d' 0 | sort >/dev/null; done; exec true
END
  chmod +x many
  arenashim run ./many
  [[ $(sed -n '/^process /,/dumps: /p' <<<"$stderr" | sed -n 11p) =~ ^true\ +[0-9]+\ \ status\ 0\  ]]
}

@test "sudo and its like, which drop LD_PRELOAD, are not started" {
  for name in sudo doas pkexec; do
    cp /bin/true $name
    run --separate-stderr "$TOOL" run ./$name ls
    error "^arenashim: ./$name can't be watched: it starts programs without LD_PRELOAD: put it first, as in .$name arenashim run PROGRAM.\$"
  done
}
