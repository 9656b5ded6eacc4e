# --kind mapped: what the program mapped itself, by call site, in all views and exports; never in malloc's sums.
load command

setup() {
  {
    cat "$HERE/small.txt"
    cat <<'END'
map_account arena=1 site=1 allocs=3 bytes=30000000 ranges=2 live_bytes=20000000 peak_bytes=25000000 at_peak_bytes=24000000
map_account arena=2 site=1 allocs=1 bytes=4096 ranges=1 live_bytes=4096 peak_bytes=4096 at_peak_bytes=4096
map_account arena=0 site=2 allocs=2 bytes=8192 ranges=0 live_bytes=0 peak_bytes=8192 at_peak_bytes=0
map start=0x10000000 end=0x11312d00 arena=1 site=1 kind=1 flags=34
map start=0x20000000 end=0x20001000 offset=8192 arena=2 site=1 kind=2 flags=1
END
  } | dump mapped.dump
}

@test "report, tree, leaks: the same tables, of mapped memory alone" {
  arenashim report mapped.dump --kind mapped
  expect_ok
  expect '$output == *"mapped   20004096 bytes in 3 ranges by the program itself; peak 24004096"*'
  expect '$output == *" 20004096 "*" 4 "*"100.0%"*" - "*" - "*" - "*' # calls, and no sizes, temp or waste
  refute grep -q 'live  ' <<<"$(head -5 <<<"$output")"
  arenashim tree mapped.dump --kind mapped
  expect_ok
  expect '${lines[5]} == "20004096  100.0%"*'
  arenashim leaks mapped.dump --kind mapped
  expect_ok
  expect '$output == *"mapped by, innermost first"*20004096*'
  arenashim report mapped.dump --kind heap
  heap=$output
  arenashim report mapped.dump
  expect '$output == "$heap" && $output == *"live     3100 bytes in 9 objects"*'
}

@test "the head of malloc's report says that more was mapped, if it is much" {
  arenashim report mapped.dump
  expect '$output == *"mapped   20004096 bytes more by the program itself, not by malloc: --kind mapped shows it"*'
  {
    cat "$HERE/small.txt"
    echo 'map_account arena=1 site=1 allocs=1 bytes=999999 ranges=1 live_bytes=999999 peak_bytes=999999'
  } | dump small.dump
  arenashim report small.dump
  refute grep -q 'more by the program' <<<"$output"
}

@test "what mapped memory does not have is refused in one line" {
  arenashim report mapped.dump --kind mapped --sort waste
  error 'mapped memory has no waste'
  for by in arena class lifetime; do
    arenashim report mapped.dump --kind mapped --by $by
    error 'by site, function or module'
  done
  dump small.dump <"$HERE/small.txt"
  arenashim report small.dump --kind mapped
  error 'no mapping is in it'
  arenashim export small.dump --kind mapped --format collapsed
  error 'no mapping is in it'
}

@test "diff: what grew of it" {
  {
    cat "$HERE/small.txt"
    echo 'map_account arena=1 site=1 allocs=3 bytes=30000000 ranges=2 live_bytes=10000000 peak_bytes=25000000'
  } | dump old.dump
  arenashim diff old.dump mapped.dump --kind mapped
  expect_ok
  expect '$output == *10004096*'
  expect '$output == *"none of mapped memory"*'
}

@test "collapsed, speedscope: one kind; pprof and json: both" {
  arenashim export mapped.dump --format collapsed --kind mapped
  expect '${#lines[@]} == 1 && $output == *" 20004096"'
  arenashim export mapped.dump --format json
  [[ $(/usr/bin/python3 -c 'import json, sys
d = json.load(sys.stdin)
print(sum(a["live_bytes"] for a in d["mapped"]), [r["kind"] for r in d["ranges"]], d["mapped"][2]["arena"])' <<<"$output") == "20004096 ['anonymous', 'file'] None" ]]
  command -v go >/dev/null || skip "no go"
  arenashim export mapped.dump --format pprof --kind mapped -o p
  HOME=$PWD go tool pprof -raw p >raw
  grep -q 'inuse_space/bytes peak_space/bytes mapped_space/bytes\[dflt\] waste/bytes' raw
  [[ $(HOME=$PWD go tool pprof -top -sample_index=mapped_space p 2>/dev/null | sed -n 's/.* \(.*\) total$/\1/p') == 19.08MB ]]
  [[ $(HOME=$PWD go tool pprof -top -unit=B -sample_index=inuse_space p 2>/dev/null | sed -n 's/.* \(.*\) total$/\1/p') == 3100B ]]
}
