# What the tests of services share: a service runs under the shim, a client uses it, it is stopped, and every
# process of it has left a dump under a name that says whose it is.
# shellcheck shell=bash
load ../common
PATH=/usr/sbin:/sbin:/usr/bin:/bin

# Services give up root: what they read lies where everybody may, and dumps where everybody may write.
setup() {
  ((EUID == 0)) || skip 'needs root, to start services as their users'
  place=$(mktemp -d /tmp/arenashim-service.XXXXXX)
  chmod 755 "$place"
  cp "$SHIM" "$place/libarenashim.so"
  cp "$TOOL" "$place/arenashim"
  mkdir -m 1777 "$place/dumps" "$place/run"
  cd "$place" || return
  service=
}

teardown() {
  [[ -z $service ]] || kill -KILL -- "-$service" 2>/dev/null || true
  if [[ ! $BATS_TEST_COMPLETED ]]; then
    ls -l dumps run
    tail -n 20 ./*.log
  fi
  cd / && rm -rf "$place"
}

# start COMMAND...: in the background, in a process group of its own, under the shim; its output in service.log.
start() {
  env LD_PRELOAD="$place/libarenashim.so" ARENASHIM_DUMP="$place/dumps/" ARENASHIM_TAG=stack:8 \
    setsid "$@" >service.log 2>&1 </dev/null 3>&- &
  service=$!
}

# start_run COMMAND...: the same under `arenashim run`, which leaves its dumps in run/.
start_run() {
  setsid "$place/arenashim" run -o "$place/run/" -- "$@" >service.log 2>&1 </dev/null 3>&- &
  service=$!
}

# stop SIGNAL: to the service's first process; waits for the end of all of its group.
stop() {
  kill -"$1" "$service"
  wait "$service" || true
  within 20 group_is_gone || return
  service=
}
group_is_gone() { ! kill -0 -- "-$service"; }

free_port() { # one that nobody listens on now
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# dumps_of NAME LEAST [DIRECTORY]: that many at least, each readable, each of a program of that name.
dumps_of() {
  local name=$1 least=$2 found=0 file
  for file in "${3:-dumps}/$name".*.dump; do
    [[ -s $file ]] || { echo "no dump of $name"; return 1; }
    "$place/arenashim" export "$file" --format json --no-fold >dump.json || return
    python3 - "$name" <<'END' || { echo "$file"; return 1; }
import json, sys
d = json.load(open("dump.json"))
p = d["process"]
assert p["program"] == sys.argv[1], p
assert sum(a["total_allocs"] for a in d["arenas"]) > 0, "no requests"
END
    ((++found))
  done
  ((found >= least)) || { echo "$found dumps of $name, at least $least wanted"; return 1; }
}

# Nothing but dumps is left behind, and all under names of the form NAME.PID.dump.
only_dumps() {
  local file
  for file in dumps/*; do
    [[ $file =~ ^dumps/[A-Za-z0-9._+-]+\.[0-9]+\.dump(\.[0-9]+)*$ ]] || { echo "what is $file?"; return 1; }
  done
  [[ -z $(find /tmp -maxdepth 1 -newer service.log -name '*.dump*') ]]
}

# said_nothing: the shim had nothing to complain of.
said_nothing() { refute grep -a 'arenashim' service.log; }
