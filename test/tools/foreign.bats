# Bytes of others (names of threads, regions and labels, symbols, paths, words of the command line) are shown as
# printable UTF-8 wherever they turn up: what a terminal would obey or hide is escaped.
load command

SEEN=$HERE/seen.py

hostile=$'a\nb\e[31m\xff\xe2\x80\xae\xc2\x9bz' # as it is shown: a\x0ab\x1b[31m\xff\u202e\u009bz

setup() {
  unset "${!ARENASHIM_@}"
  mkdir work && cd work || return
}

seen() { /usr/bin/python3 "$SEEN" "$@"; }

# each_view DUMP: prints every view of it into files of their own, out.VIEW.
each_view() {
  local view by format
  for by in site function arena class module; do arenashim report "$1" --by $by -n 0 && keep "report.$by" || return; done
  for view in tree arenas leaks waste; do arenashim $view "$1" -n 0 && keep $view || return; done
  arenashim diff "$1" "$1" -n 0 && keep diff || return
  arenashim check "$1" --baseline "$1" --max-growth 1 --max-live 1
  printf '%s\n' "$output" "$stderr" >out.check
  for format in collapsed heap json jsonl dhat speedscope; do
    arenashim export "$1" --format $format -o "out.$format" && keep "export.$format" || return
  done
  arenashim html "$1" -o page.html && keep html
}

keep() { # NAME: what was printed
  printf '%s\n' "$output" "$stderr" >"out.$1"
  expect '$status == 0'
}

@test "every hostile character in a name, through each view and export: what is shown is text" {
  run env ARENASHIM_STATS=stats ARENASHIM_DUMP=d ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" "$BIN/foreign"
  [[ $status == 0 && -z $output ]]
  each_view d
  seen stats out.* page.html
  seen --json out.json out.dhat out.speedscope
  # shown, not dropped: a control character, one that turns the order around, a tag, bytes that are no characters
  for name in 'a\x1bz' 'a\x7fz' 'a\u0080z' 'a\u202ez' 'a\U000e0041z' '\xff\xfe' '\xf4\x90\x80\x80' 'café €'; do
    grep -qF "[$name]" out.report.site
    grep -qF "[${name//;/:}]" out.collapsed
    grep -qF "$name" stats
  done
  grep -q '^ *0 \\x1b\[7m\\u202e ' stats # a column that is full ends with a whole character
  grep -qF '0 \x1b[7m\u202e\xff (threads' out.arenas
}

@test "on a terminal it is the same" {
  env ARENASHIM_DUMP=d ARENASHIM_TAG=stack:8 LD_PRELOAD="$SHIM" "$BIN/foreign"
  for view in "report d -n 0" "report d --by module" "tree d -n 0 --min 0" "arenas d -n 0" "leaks d -n 0" "waste d -n 0"; do
    # shellcheck disable=SC2086 # words
    terminal 80 $view
    printf '%s\n' "$coloured" >"out.${view%% *}"
  done
  seen --coloured out.*
  [[ $output == *'\u202e'* ]]
}

@test "a program whose path, symbols and arguments are hostile keeps its names" {
  mkdir "$hostile"
  printf '%s\n' '#include <stdlib.h>' '__attribute__((noinline)) void *AAAAAAAAAA(void) { return malloc(100); }' \
    'void *volatile kept; int main(void) { kept = AAAAAAAAAA(); return 0; }' >p.c
  gcc -g -O1 -rdynamic -o p p.c
  /usr/bin/python3 -c 'import sys; s = open("p", "rb").read(); sys.stdout.buffer.write(s.replace(b"A" * 10, b"f\x1b]0;x\x07\xe2\x80\xae"[:10]))' >"$hostile/p$hostile"
  chmod +x "$hostile/p$hostile"
  env ARENASHIM_STATS=stats ARENASHIM_DUMP=d LD_PRELOAD="$SHIM" "$hostile/p$hostile" $'\e]0;title\a' $'\xff\n'
  each_view d
  seen stats out.* page.html
  seen --json out.json out.dhat out.speedscope
  grep -qF '  f\x1b]0;x\x07\u202e (p.c:2) < main' out.report.site # a file of this name was found, and its lines
  grep -qF '/pa\x0ab\x1b[31m\xff\u202e\u009bz' out.heap out.json
  refute_warned=$(grep -l warning out.* || true)
  [[ -z $refute_warned ]] || { cat "$refute_warned"; return 1; }
}

@test "run shows it so, too, and the next commands can be typed" {
  cp "$(type -P true)" "$hostile"
  mkdir bin && cp "$TOOL" "$SHIM" bin
  run --separate-stderr bin/arenashim run -o "d$hostile" "./$hostile"
  [[ $status == 0 ]]
  printf '%s\n' "$stderr" >out
  seen out
  [[ $stderr == *'a_b__31m______z, pid '*': exit status 0'* ]] # a program's name is always a plain one (program.h)
  next=$(sed -n 's/^next: //p' out)
  eval "$next" >leaks
  seen leaks
}

@test "errors that quote words and paths are text" {
  for words in "$hostile" "report" "report -n" "report --by" "report --sort=" "report --sysroot" "report --debug-dir" "tree --min" \
    "check --max-live" "check --max-growth" "diff x y" "export --format" "run --tag" "report --$hostile" "-$hostile"; do
    # shellcheck disable=SC2086 # words
    run --separate-stderr "$TOOL" ${words%"$hostile"} "${words##* }$hostile" "$hostile" "$hostile"
    printf '%s\n' "$output" "$stderr" >out
    [[ $status -ge 2 && $(wc -l <out) -le 4 ]] || { echo "$words"; cat -v out; return 1; }
    seen out
  done
  run -127 --separate-stderr "$TOOL" run -o "$hostile" "$hostile"
  printf '%s\n' "$stderr" >out
  seen out
  run --separate-stderr "$TOOL" report "$hostile"
  [[ $stderr == 'arenashim: a\x0ab\x1b[31m\xff\u202e\u009bz: can'*'t be read: No such file or directory'* ]]
}

@test "the shim's own messages are text: options, files that can't be written, death messages" {
  run env ARENASHIM_TAG="$hostile" "ARENASHIM_$hostile=$hostile" ARENASHIM_DUMP="/none/$hostile/$hostile" ARENASHIM_VERBOSE=1 \
    LD_PRELOAD="$SHIM" true
  printf '%s\n' "$output" >out
  seen out
  grep -qF 'ARENASHIM_TAG=a\x0ab\x1b[31m\xff\u202e\u009bz: legal is' out
  grep -qF '/none/a\x0ab\x1b[31m\xff\u202e\u009bz/a\x0ab' out
  cp "$BIN/foreign" "$hostile"
  run env LD_PRELOAD="$SHIM" "./$hostile" stray "file$hostile"
  printf '%s\n' "$output" >out
  seen out
  [[ $output == *'(a_b__31m______z+0x'*'the pointer is in no heap, but in '*'filea'* ]]
}

@test "the text of a dump shows whole characters from any offset" {
  printf 'process pid=1 program="\xe2\x82\xac\xff" command="\xc2" host="\xe2\x80\xae"\narena name="\xf0\x9f\x98\x80"\n' | dump d
  arenashim report d --by arena
  expect '$status == 0 && ${lines[0]} == "€\\xff, pid 1, "*" on \\u202e, shim "*'
  expect '$output == *"  command  \\xc2"*"0 😀 (threads"*'
}

# The command shares no code with the shim, so the rule stands in both: alike.
@test "the shim and the command escape the same characters" {
  cd "$TOP" || return
  escaped() { sed -n '/^} unseen\[\] = {/,/;$/p; /^static bool second_fits/,/^}/p' "$1"; }
  (($(escaped arena/foreign.c | wc -l) >= 9))
  diff <(escaped arena/foreign.c) <(escaped tools/base/utf8.c)
}
