# Every command of the README runs as it stands there.
cd "$BATS_TEST_DIRNAME/.." || exit

commands() { awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' README.md; }

@test "the README has commands" { (($(commands | wc -l) >= 8)); }

@test "each of them runs" {
  unset BATS_TEST_FILTER
  local command
  while read -r command; do
    [[ $command != 'make test' ]] || continue # that is what runs us
    echo "command: $command"
    bash -ec "$command" </dev/null 3>&- || return
  done < <(commands)
}

@test "the demo prints the report of a real program" {
  run make demo
  ((status == 0))
  [[ $output == *'arenashim '*': cc1plus, pid '* && $output == *'sum of these lines'* ]]
  (($(awk '/^ +0 cc1plus/ { print $3; exit }' <<<"$output") > 1000000))
}

@test "its pictures are there, and small" {
  local picture pictures
  pictures=$(tr '\n' ' ' <README.md | grep -oE '!\[[^]]{40,}\]\([^)]+\)' | sed 's/.*(//; s/)$//')
  [[ $pictures ]]
  for picture in $pictures; do
    [[ $(file -b "$picture") == @('PNG image data, '*|'SVG Scalable Vector Graphics image'*) && $(stat -c %s "$picture") -lt 100000 ]]
  done
}
