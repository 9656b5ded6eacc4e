# Lines of JSON (`export --format jsonl`) in databases: sums by SQL over a fleet's processes are those of `arenashim report`.
load ../common
load npm

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  mkdir dumps
  local i options=(LD_PRELOAD="$SHIM" ARENASHIM_DUMP=dumps/ ARENASHIM_TAG=stack:6)
  for i in 1 2 3 4 5 6; do
    env "${options[@]}" sqlite3 :memory: 'create table t(a); with recursive n(i) as (select 1 union select i + 1 from n limit 2000) insert into t select i from n;'
    env "${options[@]}" perl -e '@a = map { $_ x 9 } 1 .. 999 * $ARGV[0]' "$i"
    env "${options[@]}" /usr/bin/python3 -S -c 'import threading; t = threading.Thread(target=lambda: [bytearray(n) for n in range(999)]); t.start(); t.join()'
  done
  for i in dumps/*.dump; do "$TOOL" export --format jsonl "$i" 2>/dev/null; done >all.jsonl
  # what the report says of each call path and in all: live bytes, allocations, waste
  "$TOOL" report --exact -n 0 dumps 2>/dev/null |
    sed -nE 's/^ *([0-9]+) +\S+ +([0-9]+) +\S+% +\S+ +\S+% +([0-9]+)  (.*)$/\1\t\2\t\3\t\4/p' | summed >report
  (($(wc -l <report) > 100))
  mapped=$("$TOOL" report --exact -n 0 --kind mapped dumps 2>/dev/null | sed -nE 's/^ *([0-9]+) +\S+ +([0-9]+) .*  total$/\1\t\2/p')
  export mapped
}

setup() { cd "$BATS_FILE_TMPDIR" || return; }

teardown_file() {
  cd "$BATS_FILE_TMPDIR" && [[ ! -s server.pid ]] || kill "$(<server.pid)"
}

# summed: adds up lines of three numbers and a path, by the path without what a report alone has: places in the source, an
# offset in the innermost function; and how a path was cut.
summed() {
  sed -E 's/ \([^()]*:[0-9]+\)//g; s/( <)? \(cut at 6 frames\)$//; s/\t([^ \t]*)\+0x[0-9a-f]+( <|$)/\t\1\2/' | /usr/bin/python3 -c 'import collections, sys
sums = collections.defaultdict(lambda: [0, 0, 0])
for line in sys.stdin:
    *numbers, path = line.rstrip("\n").split("\t")
    sums[path] = [a + int(b) for a, b in zip(sums[path], numbers)]
for path, numbers in sorted(sums.items()):
    print(path, *numbers, sep="\t")'
}

# sums_agree COMMAND...: the command, which gets a statement, has an answer that is our report's, and sees that there are 18 processes.
sums_agree() {
  local path="array_to_string(path, ' < ')"
  [[ $1 != clickhouse-client ]] || path="arrayStringConcat(path, ' < ')"
  local own="sum(live_bytes), sum(allocs), sum(waste)"
  {
    "$@" "select $own, $path as p from allocations where memory = 'heap' group by p"
    "$@" "select $own, 'total' from allocations where memory = 'heap'"
  } | summed >by_path
  diff report by_path | head -5 >differences
  [[ ! -s differences ]] || { cat differences; return 1; }
  [[ $("$@" "select sum(live_bytes), sum(allocs) from allocations where memory = 'mapped'") == "$mapped" ]]
  [[ $("$@" "select count(distinct pid) from allocations") == 18 ]]
  [[ $("$@" "select count(distinct program) from allocations") == 3 ]]
  echo "$(wc -l <all.jsonl) lines, $(wc -l <by_path) sums"
}

@test "DuckDB: sums by SQL are the report's" {
  npm_or_skip
  duckdb() { node "$HERE/sql.js" "create table allocations as from 'all.jsonl'" "$@"; }
  sums_agree duckdb
  # seen to fail
  sed -i '7s/"live_bytes":/"live_bytes":1/' all.jsonl
  refute sums_agree duckdb
  sed -i '7s/"live_bytes":1/"live_bytes":/' all.jsonl
}

@test "ClickHouse: the commands of fleet.md, and sums that are the report's" {
  command -v clickhouse-server >/dev/null || skip 'no clickhouse-server here (Debian 12 has it)'
  local port http
  read -r port http < <(/usr/bin/python3 -c 'import socket
s = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(x.getsockname()[1] for x in s))')
  cat >config.xml <<END
<yandex>
  <logger><level>warning</level><log>log</log><errorlog>errors</errorlog></logger>
  <tcp_port>$port</tcp_port><http_port>$http</http_port><listen_host>127.0.0.1</listen_host>
  <path>./data/</path><tmp_path>./tmp/</tmp_path><users_config>users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database><mark_cache_size>5368709</mark_cache_size>
</yandex>
END
  cat >users.xml <<'END'
<yandex><profiles><default/></profiles><quotas><default/></quotas><users><default>
  <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
</default></users></yandex>
END
  clickhouse-server --config-file=config.xml >server.log 2>&1 </dev/null 3>&- &
  echo $! >server.pid
  clickhouse() { clickhouse-client --port "$port" "$@"; }
  within 60 clickhouse --query 'select 1'
  clickhouse --multiquery <"$TOP/tools/packaging/examples/clickhouse.sql"
  # shellcheck disable=SC2016 # as it stands there
  grep -qF 'INSERT INTO allocations FORMAT JSONEachRow' "$TOP/tools/packaging/fleet.md"
  clickhouse --query 'INSERT INTO allocations FORMAT JSONEachRow' <all.jsonl # no column is missing: none is skipped
  sums_agree clickhouse-client --port "$port" --query
  kill "$(<server.pid)" && : >server.pid
}
