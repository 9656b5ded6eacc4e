# report --by lifetime: what is known of how long objects lived, in words.
load command

@test "half, nine in ten, a digit a class, and which mix; rows of which nothing is known are left out" {
  sed -E '/^account site=0/s/$/ lives0=900 lives6=200/; /^account site=1/s/$/ lives2=70 lives3=30/; /^account arena=1/s/$/ lives2=4/' \
    "$HERE/small.txt" | dump d
  arenashim report --by lifetime d
  expect '$status == 0 && ${lines[6]} == *"half  9 in 10           lives  mixed  freed"*"live  call path, innermost first"'
  expect '${lines[7]} =~ ^\ *\<4\ +\<16.4k\ +8.....2.......\ +yes\ +~1100\ +300\ '
  expect '${lines[8]} =~ ^\ *\<64\ +\<256\ +\.\.83..........\ +~104\ +2100\ '
  expect '${lines[9]} =~ ^\ *\<4\ +\<16.4k\ .*total$ && $output == *"mixed: 1 call site; "* && $output != *"tables were full"*'
}

@test "waste says who may cause it" {
  sed -E '/^account site=0/s/$/ lives0=900 lives6=200/; /^account site=1/s/$/ lives2=70 lives3=30/' "$HERE/small.txt" | dump d
  arenashim waste d
  expect '$status == 0 && $output == *"1 call site mixes short and long lives; report --by lifetime shows which"*'
  dump e <"$HERE/small.txt"
  arenashim waste e
  expect '$status == 0 && $output != *lives*'
}

@test "the longest lives, and a dump that knows none, as of an older shim" {
  sed -E '/^account site=0/s/$/ lives13=4000000000/; /^account site=1/s/$/ lives13=4000000000/' "$HERE/small.txt" | dump d
  arenashim report --by lifetime d
  expect '$status == 0 && ${lines[7]} == *">=67.1M  >=67.1M  .............8"*"~4000000000"* && $output != *mixed:*'
  sed 's/^process/version 1.1\nnarrow account 56\n&/' "$HERE/small.txt" | dump e
  arenashim report --by lifetime e
  expect '$status == 0 && -z $stderr && $output == *"how long objects lived is not known"*'
  arenashim report e
  new=$("$TOOL" report --exact d)
  expect '$status == 0 && ${output#*$'\''\n'\''} == "${new#*$'\''\n'\''}"'
}

@test "it needs call sites" {
  dump d <<<$'process pid=5\narena number=3 name=main total_allocs=7'
  arenashim report --by lifetime d
  error 'call sites were not recorded'
}
