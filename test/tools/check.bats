# A dump against limits: 0 holds, 1 exceeded, 2 can't tell.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

# verdict STATUS ARG...: of small.dump.
verdict() {
  local wanted=$1
  shift
  arenashim check small.dump "$@"
  expect "\$status == $wanted && -z \$stderr"
}

@test "a program that allocates 10 % more fails --max-growth 5 and passes 15" {
  for n in 10000 11000; do ARENASHIM_DUMP=d$n LD_PRELOAD=$SHIM "$TOOLS/grow" $n >out; done
  arenashim check d11000 --baseline d10000 --max-growth 5
  expect '$status == 1 && -z $stderr && $(grep -c ^EXCEEDED <<<"$output") == 3'
  expect '$output == *"who grew most, by bytes requested"*" keep < fill < main"*" fill < main"*'
  arenashim check d11000 --baseline d10000 --max-growth 15
  expect '$status == 0 && -z $stderr && $(grep -c "^ *holds" <<<"$output") == 3 && $(wc -l <<<"$output") == 4'
  arenashim check d10000 --baseline d11000 --max-growth 0
  expect '$status == 0'
}

@test "each limit, at it and above it" {
  verdict 0 --max-live 3100
  is_row 'holds 3100 3100 - -' 'live bytes'
  verdict 1 --max-live 3099
  is_row 'EXCEEDED 3100 3099 - -' 'live bytes'
  verdict 0 --max-peak 9900
  verdict 1 --max-peak 9899
  verdict 0 --max-allocs 1065
  verdict 1 --max-allocs 1064
  is_row 'EXCEEDED 1065 1064 - -' allocations
  verdict 1 --max-live 1M --max-peak 9K --max-allocs 2000
  is_row 'holds 3100 1048576 - -' 'live bytes'
  is_row 'EXCEEDED 9900 9216 - -' 'peak bytes'
}

@test "growth: live, peak and requested bytes, each at the limit and above it" {
  sed 's/ live_bytes=3100 / live_bytes=3410 /' "$HERE/small.txt" | dump live.dump
  sed 's/ peak_bytes=9900$/ peak_bytes=10890/' "$HERE/small.txt" | dump peak.dump
  sed 's/total_size=50000/total_size=55050/' "$HERE/small.txt" | dump bytes.dump
  for what in live peak bytes; do
    arenashim check $what.dump --baseline small.dump --max-growth 10
    expect '$status == 0 && $(grep -c "+10.0%" <<<"$output") == 1'
    arenashim check $what.dump --baseline small.dump --max-growth 9.99
    expect '$status == 1 && $(grep -c ^EXCEEDED <<<"$output") == 1'
  done
  is_row 'EXCEEDED 55550 55544 50500 +10.0%' 'bytes requested'
}

@test "from nothing to something is growth; more allocations alone are not" {
  sed 's/ live_bytes=3100 / live_bytes=0 /' "$HERE/small.txt" | dump none.dump
  arenashim check small.dump --baseline none.dump --max-growth 1000
  expect '$status == 1'
  is_row 'EXCEEDED 3100 0 0 -' 'live bytes'
  sed 's/total_allocs=1060/total_allocs=9999/' "$HERE/small.txt" | dump more.dump
  arenashim check more.dump --baseline small.dump --max-growth 0
  expect '$status == 0'
}

@test "who is responsible" {
  verdict 1 --max-live 1000 -n 1
  is_row '2100 <=4300 45 9500 508' 'libgone.so+0x300 < [level 3]'
  expect '$output == *"who has most live bytes"*"2 more rows"*'
}

@test "an upper bound may hold, never fail" {
  sed 's/^process/& flags=2/' "$HERE/small.txt" | dump d
  arenashim check d --max-peak 9900
  expect '$status == 0'
  arenashim check d --max-peak 9899
  expect '$status == 2 && $output == *"unknown  <=9900     9899"*'
  expect '$stderr == "arenashim: d: can'"'"'t be judged: the figures above are damaged, or only upper bounds: make the dump again, with tags"'
  arenashim check d --max-peak 9899 --max-live 1
  expect '$status == 1'
  arenashim check small.dump --baseline d --max-growth 50
  expect '$status == 2'
}

@test "what can't be told" {
  dump off.dump <<<$'process pid=5 live_bytes=1'
  arenashim check off.dump --max-live 1G
  says "arenashim: off.dump: can't be judged: without tags large requests are not counted: run the program with ARENASHIM_TAG=site"
  arenashim check small.dump --baseline off.dump --max-growth 5
  says "arenashim: off.dump: can't be judged: without tags large requests are not counted: run the program with ARENASHIM_TAG=site"
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump sampled.dump
  arenashim check sampled.dump --max-live 1G
  says "arenashim: sampled.dump: can't be judged: it is sampled, and estimates are not judged: run the program without ARENASHIM_SAMPLE"
  { echo 'drop process'; cat "$HERE/small.txt"; } | dump d
  arenashim check d --max-live 1G
  expect '$status == 2 && $stderr == *"d: can'"'"'t be judged: its process'"'"'s figures are lost: copy or make the dump again"'
  { echo 'drop arena'; cat "$HERE/small.txt"; } | dump d
  arenashim check d --max-allocs 99999
  expect '$status == 2 && $output == *"unknown"*'
  arenashim check d --max-live 99999
  expect '$status == 0'
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump d
  arenashim check d --max-live 1
  expect '$status == 1 && $output != *"who has most"*'
}

@test "a baseline of another program: judged, with a warning" {
  sed 's/program=demo/program=other/' "$HERE/small.txt" | dump other.dump
  arenashim check small.dump --baseline other.dump --max-growth 5
  expect '$status == 0 && $stderr == *"warning: other.dump is of \"other\", small.dump of \"demo\""*'
}

@test "sizes: K, M, G and T are powers of 1024" {
  verdict 0 --max-live 4K
  verdict 1 --max-live 3K
  verdict 0 --max-live 1M --max-peak 1G
  verdict 0 --max-live 15T
  verdict 0 --max-live 4KiB --max-peak 10KiB
  verdict 1 --max-live 3KiB
  verdict 0 --max-live 1MiB --max-peak 1GiB
  terminal 80 check small.dump --max-live 3K --max-peak 1GiB # in the units that are typed
  is_row 'EXCEEDED 3.03 KiB 3.00 KiB - -' 'live bytes'
  is_row 'holds 9.67 KiB 1.00 GiB - -' 'peak bytes'
  for size in '' x K 1Q 1KB -1 +1 ' 1' 1.5K 99999999999999999999 18446744073709551615K; do
    arenashim check small.dump "--max-live=$size"
    says "arenashim check: --max-live=$size: give bytes, such as 500000, 64K, 20MiB or 1G"
  done
  for count in '' x 1K -1; do
    arenashim check small.dump "--max-allocs=$count"
    says "arenashim check: --max-allocs=$count: give a number"
  done
}

@test "wrong options and dumps" {
  arenashim check
  says 'arenashim check: name the FILE that `arenashim run` or ARENASHIM_DUMP made'
  arenashim check small.dump
  says 'arenashim check: nothing to check: give --max-live, --max-peak, --max-allocs, or --baseline and --max-growth'
  arenashim check small.dump --baseline small.dump
  says 'arenashim check: --baseline=small.dump: say how much may have grown, with --max-growth'
  arenashim check small.dump --max-growth 5
  says 'arenashim check: --max-growth: say from which dump on, with --baseline'
  arenashim check small.dump --baseline small.dump --max-growth=-5
  says 'arenashim check: --max-growth=-5: give a percentage, such as 5 or 2.5'
  arenashim check nowhere --max-live 5
  says "arenashim: nowhere: can't be read: No such file or directory: name the file that \`arenashim run\` or ARENASHIM_DUMP made"
  arenashim check small.dump --baseline nowhere --max-growth 5
  says "arenashim: nowhere: can't be read: No such file or directory: name the file that \`arenashim run\` or ARENASHIM_DUMP made"
  run --separate-stderr sh -c '"$1" check small.dump --max-live 1G >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
  arenashim check --help
  expect '$status == 0 && $output == *"--max-growth=PERCENT"*'
}

@test "who is responsible: a peak in several arenas is said to be a bound" {
  verdict 1 --max-peak 100
  is_row '2100 <=4300 45 9500 508' 'libgone.so+0x300 < [level 3]'
  is_row '300 7000 1000 40000 6100' 'demo+0x401010 < demo+0x402020'
}
