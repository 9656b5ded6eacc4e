# What a user does when a service is in trouble, from the first command to the line that is named.
load command

setup() {
  PATH=$(dirname "$TOOL"):$PATH
  export LC_ALL=C.UTF-8
}

teardown() {
  tmux_do kill-server 2>/dev/null || true
  [[ -z ${pid:-} ]] || kill -9 "$pid" 2>/dev/null || true
}

# service NAME=VALUE...: starts it under the shim; $pid.
service() {
  env LD_PRELOAD="$SHIM" "$@" "$TOOLS/service" >ready 2>/dev/null 3>&- &
  pid=$!
  within 10 test -s ready
}

tmux_do() { tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null "$@"; }
terminal_open() { tmux_do new-session -d -x 110 -y 30 env "PS1=$ " PATH="$PATH" bash --norc --noprofile -i; }
types() { tmux_do send-keys "$*" Enter; } # COMMAND...
shown() { tmux_do capture-pane -p; }
has() { grep -qE -- "$1" <<<"$(shown)"; }
sees() { within 10 has "$1" || { shown; return 1; }; } # REGEX: it comes

# held_most: the first row of the table below a title that ends in "innermost first".
held_most() { grep -A 1 'innermost first$' | tail -n 1; }

@test "a service grows, and was started without tags: three commands name the line, and it is never stopped" {
  service
  terminal_open
  types arenashim ps
  sees "^ *$pid .* service"
  types arenashim attach "$pid"
  sees "attached to $pid"
  types arenashim top --interval 0.5 --sort growth "$pid"
  sees '^ *~[0-9.]+ [KM]iB +\+[0-9.]+ [KM]iB .* new_session \(service\.c:[0-9]+\)'
  tmux_do send-keys q
  types clear
  types "arenashim dump -o 1.dump $pid && sleep 1 && arenashim dump -o 2.dump $pid && arenashim diff 1.dump 2.dump"
  sees '^ *~\+[0-9.]+ [KM]iB .*new_session < remember_session <'
  types arenashim detach "$pid"
  sees "detached from $pid"
  kill -0 "$pid"
}

@test "a service grows: one command attaches for a while, the next names the line" {
  service
  arenashim attach "$pid" --for 1s -o a.dump
  expect_ok
  arenashim report -n 1 a.dump
  [[ $(held_most <<<"$output") =~ new_session\ .*service\.c:[0-9]+ ]] || expect false
}

# A container: mounts and processes of its own, the program at a path that only it has, a volume for records.
container() {
  mkdir -p image/mnt volume
  cp "$TOOLS/service" "$SHIM" image/mnt
  # shellcheck disable=SC2016
  group=$1 unshare -m -p -f --mount-proc sh -c '
    mount --bind image/mnt /mnt && mount --bind volume /media || exit
    [ -z "$group" ] || echo 0 >"$group/cgroup.procs"
    exec env LD_PRELOAD=/mnt/libarenashim.so ARENASHIM_TAG=stack:8 ARENASHIM_RECORD=/media/%e.%p.record /mnt/service' >ready 3>&- &
  pid=$!
  within 10 test -s ready
  inner=$(pgrep -P "$pid")
}

@test "killed for its memory in a container: the record on the volume names the line that held most" {
  unshare -p -f -m --mount-proc true 2>/dev/null || skip "needs rights for namespaces"
  group=/sys/fs/cgroup/memory/arenashim.$$
  if mkdir "$group" 2>/dev/null && echo 60M >"$group/memory.limit_in_bytes"; then
    container "$group"
    kill -USR2 "$inner"
  else # no control group of memory can be made here: somebody else kills it
    container ''
    kill -USR1 "$inner"
    sleep 1
    kill -KILL "$inner"
  fi
  wait "$pid" || true
  rmdir "$group" 2>/dev/null || true
  arenashim report -n 1 --sysroot image volume/service.1.record
  expect '$status == 0 && $output == "service, pid 1, "*"from its record"*'
  [[ $(held_most <<<"$output") =~ load_report\ .*service\.c:[0-9]+ ]] || expect false
}

@test "what did it hold at that time of the day: one command, also after it was killed" {
  service ARENASHIM_RECORD="$PWD/x.record" ARENASHIM_TAG=stack:8
  before=$(date +%T)
  sleep 1.1
  kill -USR1 "$pid"
  sleep 2.5 # whole seconds are named, and a busy machine takes some to do it
  then=$(date +%T)
  sleep 1
  kill -USR1 "$pid"
  sleep 0.5
  kill -KILL "$pid"
  wait "$pid" || true
  arenashim timeline --at "$then" x.record
  expect '$status == 0 && $output =~ "held at "[0-9.]+" s ("[-0-9]+" "[0-9:]+"): "(2[5-9]|3[0-3])[0-9]{6}" bytes"'
  [[ $(held_most <<<"$output") =~ load_report\ .*service\.c:[0-9]+ ]] || expect false
  arenashim timeline --at "$before" x.record
  [[ $(held_most <<<"$output") =~ new_session\ .*service\.c:[0-9]+ ]] || expect false
  arenashim report -n 1 x.record
  [[ $(held_most <<<"$output") =~ new_session\ .*service\.c:[0-9]+ ]] || expect false
}
