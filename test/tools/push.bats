# `arenashim push`: what a server gets, byte by byte, and one line for each way in which it can fail.
load command

books() { # [ALLOCS]: a process with one call site
  cat <<END
process pid=7 program=d"e,mo host=h tags=2 depth=8 version=0.1 unix_time=1700000000 start_ns=1699999000123456789 lived_ns=5000000000 live_objects=4 live_bytes=400 peak_bytes=5000 reason=4
arena number=0 name=main live_objects=4 live_bytes=400
module start=0x1000 end=0x9000 bias=0x1000 path=/nowhere/app
node
node parent=0 kind=1 address=0x1111 module=1
site kind=4
site node=1
account arena=0 site=1 allocs=${1:-9} frees=5 live_objects=4 live_bytes=400 live_rounded=410 bytes=${1:-9}000
END
}

setup() {
  books | dump a.dump
  server=
}
teardown() { [[ -z $server ]] || kill "$server"; }

# serve ANSWER...: a server that gives them; $url is where.
serve() {
  local place=got
  rm -rf got && mkdir got
  /usr/bin/python3 "$HERE/push_server.py" $place "$@" 3>&- &
  server=$!
  within 20 test -f got/port
  url=http://127.0.0.1:$(<got/port)
}
requests() { find got -name '*.head' | wc -l; }
head_is() { # N LINE...: the request's first line and those of its head, but for Host and the length
  diff <(sed 1d <(printf '%s\n' "$@")) <(grep -vi '^Host:\|^Content-Length:\|^$' "got/$1.head" | tr -d '\r')
}

@test "Pyroscope: the profile as it is, its name and times in the query" {
  serve 200
  arenashim push "$url" a.dump
  expect '$status == 0 && -z $output'
  [[ $(requests) == 1 ]]
  head_is 1 'POST /ingest?format=pprof&name=d_e_mo%7Bhost%3Dh%2Cpid%3D7%7D&from=1699999000&until=1700000000 HTTP/1.1' \
    'User-Agent: arenashim/0.1' 'Accept: */*' 'Content-Type: application/octet-stream'
  "$TOOL" export --format pprof -o a.pb.gz a.dump
  cmp a.pb.gz got/1.body
  # the same with the whole URL; labels, a name, a header of a file
  echo 'Authorization: Bearer secret' >token
  arenashim push "$url/ingest" a.dump --name app.one --label env=x=,y --label zone=eu --header @token
  expect '$status == 0'
  head_is 2 'POST /ingest?format=pprof&name=app.one%7Bhost%3Dh%2Cpid%3D7%2Cenv%3Dx__y%2Czone%3Deu%7D&from=1699999000&until=1700000000 HTTP/1.1' \
    'User-Agent: arenashim/0.1' 'Accept: */*' 'Content-Type: application/octet-stream' 'Authorization: Bearer secret'
}

@test "of a directory, or of several, the sums are sent, once" {
  mkdir set
  books | sed 's/pid=7/pid=8/' | dump set/8.dump
  books | sed 's/pid=7/pid=9/' | dump set/9.dump
  serve 200
  arenashim push "$url" set
  expect '$status == 0 && -z $output'
  arenashim push "$url" set/8.dump set/9.dump
  expect '$status == 0'
  cmp got/1.body got/2.body
  head_is 2 'POST /ingest?format=pprof&name=d_e_mo%7Bhost%3Dh%2Cpid%3D0%7D&from=1699999000&until=1700000000 HTTP/1.1' \
    'User-Agent: arenashim/0.1' 'Accept: */*' 'Content-Type: application/octet-stream'
  "$TOOL" export --format pprof -o set.pb.gz set
  cmp set.pb.gz got/1.body
  arenashim push "$url" --every 1s set
  error '--every: one PID or FILE at a time'
  [[ $(requests) == 2 ]]
}

@test "Parca: JSON with labels, and the profile in base64" {
  serve 200
  arenashim push "$url/profiles/writeraw" a.dump --label zone=eu
  expect '$status == 0'
  arenashim push --to parca "$url/" a.dump --label zone=eu
  expect '$status == 0'
  cmp got/1.body got/2.body
  head_is 2 'POST /profiles/writeraw HTTP/1.1' 'User-Agent: arenashim/0.1' 'Accept: */*' 'Content-Type: application/json'
  "$TOOL" export --format pprof -o a.pb.gz a.dump
  /usr/bin/python3 - <<'END'
import base64, json
body = json.load(open("got/1.body"))
assert set(body) == {"series", "normalized"} and body["normalized"] is False
(series,) = body["series"]
(sample,) = series["samples"]
labels = {l["name"]: l["value"] for l in series["labels"]["labels"]}
assert labels == {"__name__": "memory", "job": 'd"e,mo', "host": "h", "pid": "7", "zone": "eu"}, labels
assert set(series) == {"labels", "samples"} and set(sample) == {"raw_profile"}
assert base64.b64decode(sample["raw_profile"], validate=True) == open("a.pb.gz", "rb").read()
END
}

# one_line TEXT: status 2 and that line.
one_line() {
  local said
  said=$(grep -v '^arenashim: warning: .* addresses are in files' <<<"$stderr")
  expect '$status == 2 && -z $output' || return
  # shellcheck disable=SC2053
  [[ $said == "arenashim: push: "$1 && $said != *$'\n'* ]] || { echo "$said"; return 1; }
}

@test "busy for a while: again, later each time, or when it asks for that" {
  serve 503 429:3 200
  local start=$EPOCHREALTIME
  arenashim push "$url" a.dump
  expect '$status == 0'
  [[ $(requests) == 3 ]] && cmp got/1.body got/3.body
  awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { exit !(b - a >= 3.4) }'
}

@test "what it answers in the end is one line" {
  serve 429
  arenashim push --retries 1 "$url" a.dump
  one_line "$url answered 429 to * after 2 attempts: it takes no more now: *the server's words)"
  kill "$server"
  serve 413
  arenashim push "$url" a.dump
  one_line "$url answered 413 to *: the profile is too large for it: *"
  [[ $(requests) == 1 ]]
  kill "$server"
  serve 404
  arenashim push "$url" a.dump
  one_line "$url answered 404 *is this the URL*"
  kill "$server"
  serve 500
  arenashim push --retries 0 "$url" a.dump
  one_line "$url answered 500 to *"
}

@test "slow, cut, refused, no such host, no TLS that is trusted: one line each" {
  serve slow
  arenashim push --timeout 300ms --retries 1 "$url" a.dump
  one_line "$url: no answer within 0.3 s after 2 attempts: see --timeout"
  kill "$server"
  serve cut
  arenashim push --retries 1 "$url" a.dump
  one_line "$url: * after 2 attempts"
  kill "$server"
  serve early
  arenashim push --retries 1 "$url" a.dump
  one_line "$url: * after 2 attempts"
  arenashim push --retries 0 "https${url#http}" a.dump # it speaks no TLS
  one_line "https${url#http}: TLS: *"
  kill "$server" && wait "$server" || true
  server=
  arenashim push --retries 1 "$url" a.dump
  one_line "$url: Failed to connect* after 2 attempts"
  arenashim push --retries 0 http://none.invalid a.dump
  one_line 'http://none.invalid: Could not resolve host*'
  openssl req -x509 -newkey rsa:2048 -nodes -keyout key -out cert -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>/dev/null
  cat key cert >pem
  serve 200 --tls pem
  url=https://${url#http://}
  arenashim push "$url" a.dump
  one_line "$url: TLS: *name the certificates with --cacert"
  [[ $(requests) == 0 ]]
  arenashim push --cacert cert "$url" a.dump
  expect '$status == 0'
  [[ $(requests) == 1 ]]
}

@test "the program under the shim goes on while its server is silent, and when the push is interrupted" {
  serve slow
  # shellcheck disable=SC2016
  env LD_PRELOAD="$SHIM" ARENASHIM_TAG=site /usr/bin/python3 -c '
import os, time
end = time.monotonic() + 60
n, keep = 0, []
while time.monotonic() < end and not os.path.exists("stop"):
    keep.append(bytearray(5000)); n += 1
    with open("ticks", "w") as f: f.write(f"{n:9}")
    time.sleep(0.005)' 3>&- &
  local program=$! push before
  within 20 test -s ticks
  env --default-signal=INT "$TOOL" push --timeout 60s "$url" "$program" >out 2>err 3>&- &
  push=$!
  within 20 test -s got/1.head # the server has the profile, and says nothing
  before=$(<ticks)
  advanced() { (($(<ticks) > before + 50)); }
  within 20 advanced
  [[ $(requests) == 1 && ! -s err ]] && kill -0 "$push" # it waits still
  grep -q '^TracerPid:.0$' "/proc/$program/status"
  kill -INT "$push"
  local status=0
  wait "$push" || status=$?
  [[ $status == 130 && ! -s out && ! -s err ]]
  before=$(<ticks)
  within 20 advanced
  touch stop
  wait "$program"
}

@test "wrong words are one line, and nothing is sent" {
  serve 200
  arenashim push "$url"
  error 'name the server.s URL, and a PID, a FILE or a directory'
  arenashim push ftp://x a.dump
  error 'begins with http'
  arenashim push --every 0 "$url" a.dump
  error 'give a time'
  arenashim push --label 9x=1 "$url" a.dump
  error 'NAME=VALUE'
  arenashim push --header x "$url" a.dump
  error 'one line, NAME: VALUE'
  arenashim push --header @none "$url" a.dump
  error 'can.t be read'
  arenashim push "$url" none.dump
  error 'none.dump'
  [[ $(requests) == 0 ]]
}

@test "a process, again and again until it ends: what is alive, and what was allocated since" {
  serve 200 503 200
  env LD_PRELOAD="$SHIM" ARENASHIM_TAG=site /usr/bin/python3 -c '
import ctypes, time
c = ctypes.CDLL(None)
c.malloc.restype = ctypes.c_void_p
keep = []
end = time.monotonic() + 4
open("ready", "w").write("x")
while time.monotonic() < end:
    keep.append(c.malloc(100000)); time.sleep(0.01)' 3>&- &
  local pid=$!
  within 20 test -s ready
  arenashim push --every 700ms --retries 0 "$url" "$pid"
  wait "$pid"
  expect '$status == 0 && $(grep -c "answered 503" <<<"$stderr") == 1'
  (($(requests) >= 4))
  local i
  for i in $(seq 1 "$(requests)"); do
    GOTOOLCHAIN=local go tool pprof -raw "got/$i.body" >"$i.raw" 2>/dev/null
    sed -n 's/.*from=\([0-9]*\)&until=\([0-9]*\) .*/\1 \2/p' "got/$i.head"
  done >times
  # the second was lost: the third has its time and the one before; from then on each begins where the one before ended
  awk 'NR > 1 && $1 != (NR == 3 ? from : until) { print "not since the last:", NR, $0; bad = 1 } { from = $1; until = $2 } END { exit bad }' times
  # allocations are those since; what is alive only grows
  /usr/bin/python3 - "$(requests)" <<'END'
import re, sys
def sums(i):
    total = [0, 0, 0, 0]
    for line in open(f"{i}.raw").read().split("Samples:")[1].split("Locations")[0].splitlines():
        found = re.match(r" *(\d+) +(\d+) +(\d+) +(\d+) .*:", line)
        if found:
            total = [a + int(b) for a, b in zip(total, found.groups())]
    return total
all = [sums(i) for i in range(1, int(sys.argv[1]) + 1) if i != 2]
assert all[0][3] > 0 and [s[3] for s in all] == sorted(s[3] for s in all), all
for before, now in zip(all, all[1:]):
    assert abs((now[3] - before[3]) - now[1]) < 200000, (before, now)  # little is freed
END
}
