# What the bats files of this directory share: dumps made from a description, the command's output, its errors.
# shellcheck shell=bash
load ../common
# What decides on colours, whatever the tests were started from. (bash makes TERM `dumb` where there is none.)
export TERM=xterm
unset NO_COLOR

# installed BIN LIB: the build with sanitizers and the shim, in these directories of the file's own. Copies: the
# checkout may be where only root may look, and some tests become somebody else.
installed() {
  mkdir -p "$BATS_FILE_TMPDIR/$1" "$BATS_FILE_TMPDIR/$2"
  cp "$TOOLS/arenashim" "$BATS_FILE_TMPDIR/$1"
  cp "$SHIM" "$BATS_FILE_TMPDIR/$2"
}

# dump NAME: writes a dump of the description on stdin.
dump() {
  "$TOOLS/make_dump" "$1"
}

# terminal WIDTH ARG...: the command on a terminal: $coloured as it is written, $output without colours.
terminal() {
  local width=$1 command
  shift
  command=$(printf '%q ' "$TOOL" "$@")
  coloured=$(script -qec "stty cols $width; $command" /dev/null </dev/null | tr -d '\r')
  # what says how far long work is (on a slow machine) is wiped out before the first line
  output=$(sed 's/^.*\x1b\[K//; s/\x1b\[[0-9;]*m//g' <<<"$coloured")
}

# fits WIDTH: no line of the last output is wider.
fits() {
  ! LC_ALL=C.UTF-8 grep -E "^.{$(($1 + 1)),}" <<<"$output"
}

# row TEXT: the cells of the one row that ends so, with single blanks between them.
row() {
  local line
  line=$(grep -F -- "  $1" <<<"$output" | grep -- "$(sed 's/[][\.*^$]/\\&/g' <<<"$1")\$")
  [[ $(wc -l <<<"$line") == 1 && $line ]] || { echo "no single row ends in: $1"; echo "$output"; return 1; }
  tr -s ' ' <<<"${line# }" | sed 's/^ //'
}

# is_row WANTED TEXT: its cells are these.
is_row() {
  local got
  got=$(row "$2") || { echo "$got"; return 1; }
  [[ $got == "$1 $2" ]] || { printf 'got:    %s\nwanted: %s\n' "$got" "$1 $2"; return 1; }
}

# error REGEX: the last run ended with status 2, nothing on stdout and one line on stderr that matches.
error() {
  expect '$status == 2' && expect '-z $output' && expect '$(wc -l <<<"$stderr") == 1' || return
  [[ $stderr == "arenashim"*": "* && $stderr =~ $1 ]] || { echo "stderr: $stderr"; return 1; }
}

# says LINE: the last run ended with status 2, nothing on stdout and exactly this line on stderr.
says() {
  expect '$status == 2 && -z $output' || return
  [[ $stderr == "$1" ]] || { printf 'stderr: %s\nwanted: %s\n' "$stderr" "$1"; return 1; }
}

lines() { printf '%s\n' "$@"; } # WORD...: each in a line of its own

commands() { "$TOOL" --help | sed -nE 's/^  arenashim ([a-z]+) .*/\1/p'; } # all that the command has
