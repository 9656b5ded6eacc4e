# Two dumps side by side: to the digit; call sites are found again at other addresses.
load command

setup() {
  TOOL=$TOOLS/arenashim # the build with sanitizers
  dump small.dump <"$HERE/small.txt"
}

# changed SITE FIELD=VALUE...: small.txt with other figures for the first account of a call site.
changed() {
  local site=$1 edit
  shift
  edit=$(for field; do printf 's/ %s=[0-9]*/ %s/;' "${field%=*}" "$field"; done)
  sed "/^account site=$site /{$edit}" "$HERE/small.txt"
}

@test "what grew, what shrank, and the totals" {
  { changed 0 live_bytes=1300 allocs=900 bytes=41000 | sed 's/^\(process.*\) live_bytes=3100 peak_bytes=9900/\1 live_bytes=4000 peak_bytes=9801/' |
    sed '/^account site=1 /s/live_bytes=2000/live_bytes=1900/'; } | dump new.dump
  arenashim diff small.dump new.dump
  expect '$status == 0 && -z $stderr'
  is_row '3100 4000 +900 +29.0%' 'live bytes'
  is_row '9900 9801 -99 -1.0%' 'peak bytes'
  is_row '1065 965 -100 -9.4%' allocations
  is_row '50500 51500 +1000 +2.0%' 'bytes requested'
  is_row '+1000 0 -100 +1000 -20 300 1300' 'demo+0x401010 < demo+0x402020'
  is_row '-100 ~0 0 0 +100 2100 2000' 'libgone.so+0x300 < [level 3]'
  expect '$output == *"grew, by live bytes: 1"*"demo+0x401010"*"shrank, by live bytes: 1"*"libgone"*"call sites as they were: 1"*'
  expect '$output == "old  demo, pid 77, at exit"*"new  demo, pid 77, at exit"*'
}

@test "--sort: what counts as growth" {
  changed 0 allocs=900 bytes=41000 peak_bytes=7100 pinned_bytes=6000 live_bytes=310 | dump new.dump
  for sort in 'allocs 0 1' 'bytes 1 0' 'peak 1 0' 'waste 0 1' 'live 1 0'; do
    set -- $sort
    arenashim diff small.dump new.dump --sort "$1"
    expect '$(grep -c "^grew.*: '"$2"'\$" <<<"$output") == 1 && $(grep -c "^shrank.*: '"$3"'\$" <<<"$output") == 1'
  done
}

@test "a dump and itself: nothing changed" {
  arenashim diff small.dump small.dump
  expect '$output == *"grew, by live bytes: 0"*"shrank, by live bytes: 0"*"call sites as they were: 3"*'
}

@test "nothing grew in live bytes: what else changed is sorted by, and said" {
  sed 's/peak_bytes=9900/peak_bytes=12375/; /^account site=0 /s/peak_bytes=7000/peak_bytes=9475/' "$HERE/small.txt" | dump peak.dump
  arenashim diff small.dump peak.dump
  expect '$output == *"no call site changed in live bytes: they are sorted by peak bytes"*"grew, by peak bytes: 1"*"shrank, by peak bytes: 0"*"as they were: 2"*'
  is_row '0 +2475 0 0 0 7000 9475' 'demo+0x401010 < demo+0x402020'
  arenashim diff small.dump peak.dump --sort live # asked for: so it is
  expect '$output == *"grew, by live bytes: 0"*"as they were: 2"*"with the same live bytes, but other figures: 1 (--sort peak)"*'
}

@test "modules at other addresses are the same modules" {
  sed 's/0x7f0000/0x7e1230/g; s/start=0x400000 end=0x500000/start=0x900000 end=0xa00000 bias=0x500000/; s/0x401010/0x901010/; s/0x402020/0x902020/' \
    "$HERE/small.txt" | dump moved.dump
  arenashim diff small.dump moved.dump
  expect '$output == *"grew, by live bytes: 0"*"shrank, by live bytes: 0"*"call sites as they were: 3"*'
}

@test "new and gone call sites are marked; the largest change stands first" {
  sed 's/0x401010/0x401018/; s/^account site=2 .*/& /' "$HERE/small.txt" |
    sed '/^account site=2 /s/live_bytes=700/live_bytes=1700/' | dump new.dump
  arenashim diff small.dump new.dump
  is_row '+300 +7000 +1000 +40000 +6100 0 300' '(new) demo+0x401018 < demo+0x402020'
  is_row '-300 -7000 -1000 -40000 -6100 300 0' '(gone) demo+0x401010 < demo+0x402020'
  expect '$output == *"tables were full"*"(new)"*"shrank"*"(gone)"*'
  arenashim diff small.dump new.dump -n 1
  expect '$output == *"1 more row: --all shows it"*'
}

@test "a program's runs: functions are found by name" {
  for n in 500 600; do ARENASHIM_DUMP=d$n LD_PRELOAD=$SHIM "$TOOLS/grow" $n >out; done
  arenashim diff d500 d600
  expect '$status == 0 && -z $stderr && $output == *"grew, by live bytes: 1"$'"'\n'"'*"shrank, by live bytes: 0"*'
  expect '$output =~ \+6400\ +\+6400\ +\+100\ +\+6400\ .*\ 32000\ +38400\ +keep\ \<\ fill\ \<\ main'
}

@test "dumps that are hard to compare: warnings" {
  sed 's/program=demo/program=other/' "$HERE/small.txt" | dump other.dump
  arenashim diff small.dump other.dump
  expect '$status == 0 && $stderr == "arenashim: warning: small.dump is of \"demo\", other.dump of \"other\": two programs may have no call site in common"'
  sed 's/depth=8/depth=16/' "$HERE/small.txt" | dump deep.dump
  arenashim diff small.dump deep.dump
  expect '$status == 0 && $stderr == "arenashim: warning: small.dump and deep.dump have paths of different depth: the same call site may look new; use one ARENASHIM_TAG for both"'
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump sampled.dump
  for pair in 'small.dump sampled.dump' 'sampled.dump small.dump'; do
    arenashim diff $pair
    expect '$status == 0 && $stderr == "arenashim: warning: sampled.dump is sampled: its figures are estimates, and small changes mean nothing"'
    is_row '~3100 ~3100 ~0 +0.0%' 'live bytes'
    case $pair in
      small*) is_row '6748 - - -' 'bytes wasted: not known with samples' ;;
      *) is_row '- 6748 - -' 'bytes wasted: not known with samples' ;;
    esac
  done
}

@test "sampled: what call sites waste is not told" {
  sed 's/tags=2/tags=2 sample_bytes=1000/' "$HERE/small.txt" | dump old.dump
  changed 0 live_bytes=1300 live_rounded=1400 | dump new.dump
  arenashim diff old.dump new.dump
  is_row '~+1000 ~0 ~0 ~0 - ~300 ~1300' 'demo+0x401010 < demo+0x402020'
}

@test "lines fit a terminal" {
  changed 0 live_bytes=1300 | dump new.dump
  for width in 60 100; do
    terminal $width diff small.dump new.dump
    fits $width
  done
}

@test "wrong options and dumps" {
  arenashim diff
  says 'arenashim diff: name two dumps that `arenashim run` or ARENASHIM_DUMP made: OLD and NEW'
  arenashim diff small.dump
  says 'arenashim diff: name two dumps that `arenashim run` or ARENASHIM_DUMP made: OLD and NEW'
  arenashim diff a b c
  says 'arenashim diff: c: two dumps at a time, and a and b are named already: of two sets put -- between them'
  arenashim diff small.dump small.dump --sort name
  says 'arenashim diff: --sort=name: use one of live, peak, allocs, bytes, waste'
  arenashim diff small.dump nowhere
  says "arenashim: nowhere: can't be read: No such file or directory: name the file that \`arenashim run\` or ARENASHIM_DUMP made"
  arenashim diff nowhere small.dump
  says "arenashim: nowhere: can't be read: No such file or directory: name the file that \`arenashim run\` or ARENASHIM_DUMP made"
  dump off.dump <<<$'process pid=5'
  arenashim diff off.dump small.dump
  says 'arenashim: off.dump: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8'
  arenashim diff small.dump off.dump
  says 'arenashim: off.dump: call sites were not recorded: run the program with ARENASHIM_TAG=stack:8'
  { echo 'drop account'; cat "$HERE/small.txt"; } | dump d
  arenashim diff small.dump d
  expect '$status == 2 && $stderr == *"d: its call sites are damaged or missing: copy or make the dump again"'
  head -c -100 small.dump >cut
  arenashim diff small.dump cut
  expect '$status == 0 && $stderr == *"\"call paths\" is cut off"* && $output == *"(no path)"*'
  run --separate-stderr sh -c '"$1" diff small.dump small.dump >/dev/full' sh "$TOOL"
  says 'arenashim: the report could not be written: check where its output goes'
}

@test "upper bounds: peaks of the process and of sites in several arenas are marked, and so are their changes" {
  sed 's/^process/& flags=2/' "$HERE/small.txt" | dump bound.dump
  dump small.dump <"$HERE/small.txt"
  arenashim diff small.dump bound.dump
  is_row '9900 <=9900 ~0 +0.0%' 'peak bytes'
  sed 's/peak_bytes=4000/peak_bytes=5000/; s/peak_bytes=7000/peak_bytes=7777/' "$HERE/small.txt" | dump more.dump
  arenashim diff small.dump more.dump --sort peak
  is_row '0 ~+1000 0 0 0 <=4300 <=5300' 'libgone.so+0x300 < [level 3]'
  is_row '0 +777 0 0 0 7000 7777' 'demo+0x401010 < demo+0x402020'
}
