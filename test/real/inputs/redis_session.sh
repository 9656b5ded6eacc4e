# A redis server's life: load by the benchmark, a known data set, a background save, a restart from it.
# shellcheck shell=bash
set -eu
server=
trap '[ -z "$server" ] || kill "$server"' EXIT

ask() { redis-cli -s sock "$@"; }

start() {
  # timeout: whatever happens here, the server does not outlive the test by much.
  timeout -k 2 40 redis-server --port 0 --unixsocket sock --dir . --save '' --enable-debug-command yes \
    --io-threads 2 --logfile log &
  server=$!
  for _ in {1..100}; do [ "$(ask ping 2>/dev/null)" = PONG ] && return; sleep 0.05; done
  echo 'no answer from the server'
  exit 1
}

stop() {
  ask shutdown nosave
  wait "$server"
  server=
  echo 'ended well'
}

start
redis-benchmark -s sock -n 4000 -c 20 -P 4 -r 1000 -q \
  -t set,get,incr,lpush,rpop,sadd,hset,zadd,lrange_100,mset >/dev/null
ask memory purge
ask info memory | grep -c '^mem_allocator:jemalloc'
ask flushall async # freed by a thread of the server's
awk 'BEGIN {
  for (i = 0; i < 4000; i++) {
    print "set string:" i, "value" i * 7919
    print "append string:" i % 50, "more"
    print "hset hash:" i % 40, "field" i, i
    print "rpush list:" i % 30, "item" i
    print "sadd set:" i % 20, "member" i
    print "zadd sorted:" i % 10, i % 500, "m" i
    print "xadd stream 0-" i + 1, "k", i
  }
}' | redis-cli -s sock --pipe | grep -E '^errors'
ask eval 'local n = 0
  for i, k in ipairs(redis.call("keys", "hash:*")) do n = n + redis.call("hlen", k) end
  return n' 0
ask dbsize
ask debug digest
ask bgsave >/dev/null
for _ in {1..100}; do ask info persistence | grep -q 'rdb_bgsave_in_progress:0' && break; sleep 0.05; done
ask info persistence | grep rdb_last_bgsave_status
stop

start
ask dbsize
ask get string:0
ask debug digest
ask debug reload
ask debug digest
stop
