# The bench's README: its workloads, targets of make and golden figures are those that there are.
README=$BATS_TEST_DIRNAME/README.md
MICRO=$(realpath -m "${BIN:-$BATS_TEST_DIRNAME/../../build/test/preload}/../bench/micro")

@test "each workload of its table can be asked for" {
  local names name count=0
  names=$("$MICRO" --list | awk -F'\t' '$2 == "1" { print $1; next } { n = split($2, t, " "); for (i = 1; i <= n; i++) print $1 "/" t[i] }')
  for name in $(sed -nE 's/^\|[^|`]+\| `([^`]+)` \|.*\|.*\|.*\|.*/\1/p' "$README"); do
    grep -qxF -- "$name" <<<"$names" || { echo "no workload $name"; return 1; }
    ((++count))
  done
  ((count == 21))
}

@test "each command is a target of make, each file is there" {
  local target file
  for target in $(grep -oE '`make [a-z-]+' "$README" | sed 's/.* //' | sort -u); do
    grep -qE "^$target:" "$BATS_TEST_DIRNAME/../../Makefile" || { echo "no target $target"; return 1; }
  done
  for file in $(grep -oE '[`/][a-z]+\.(py|sh|golden)' "$README" | tr -d '`/' | sort -u); do
    [[ -e $BATS_TEST_DIRNAME/$file ]] || { echo "no $file"; return 1; }
  done
}

@test "its instructions are the golden ones" {
  local name figure
  while read -r name figure; do
    [[ $name != @(deep|random|large) ]] || grep -qw -- "$figure" "$README" || { echo "$name: $figure"; return 1; }
  done <"$BATS_TEST_DIRNAME/instructions.golden"
}
