# Every command of the README runs as it stands there, by copy and paste from the top to the end.
cd "$BATS_TEST_DIRNAME/.." || exit
ROOT=$PWD

# The README as one script of a shell. A block that starts with `make` is typed in the checkout, any other where the
# one before ended. `make test` is what runs us.
script() {
  awk -v root="$ROOT" '
    /^```sh$/ { on = first = 1; next }
    /^```$/ { on = 0 }
    !on || $0 == "make test" { next }
    first && /^make/ { print "cd " root }
    { first = 0; print }' README.md
}

@test "the README has commands, and is short" {
  (($(script | wc -l) >= 30))
  (($(wc -l <README.md) <= 215))
}

@test "each of them runs" {
  unset BATS_TEST_FILTER
  # It installs below HOME and works in a directory of its own, which others may be using.
  export HOME=$BATS_TEST_TMPDIR/home
  mkdir "$HOME"
  script | sed "s,/tmp/try,$BATS_TEST_TMPDIR/try,g" >"$BATS_TEST_TMPDIR/script"
  run bash -ex "$BATS_TEST_TMPDIR/script" </dev/null 3>&-
  echo "$output"
  ((status == 0))
}

@test "the demo shows who holds the memory of a real program, and says where the rest is" {
  run make demo
  echo "$output"
  ((status == 0))
  [[ $output == *'cc1plus, pid '*'not freed at the end'*'wasted'*'next: '* ]]
  local page report
  page=$(sed -n 's/^the page, for a browser: *//p' <<<"$output")
  report=$(sed -n 's/^the long report in text: *less //p' <<<"$output")
  grep -q '<!doctype html>' -i "$page"
  grep -q 'sum of these lines' "$report"
  (($(awk '/^ +0 cc1plus/ { print $3; exit }' "$report") > 1000000))
}

@test "its pictures are there, and small" {
  local picture pictures
  pictures=$(tr '\n' ' ' <README.md | grep -oE '!\[[^]]{40,}\]\([^)]+\)' | sed 's/.*(//; s/)$//')
  [[ $pictures ]]
  for picture in $pictures; do
    [[ $(file -b "$picture") == @('PNG image data, '*|'SVG Scalable Vector Graphics image'*) && $(stat -c %s "$picture") -lt 100000 ]]
  done
}

@test "the files that it names are there" {
  local path
  for path in $(grep -oE '`(arena|shim|test|tools)/[A-Za-z0-9_./]*`|\]\([a-z]+/[^)]*\)' README.md | sed 's/^](//; s/[`)]//g'); do
    [[ -e $path ]] || { echo "no $path"; return 1; }
  done
}
