# The man pages: they render, every command in them runs as it stands there, and they have all that
# --help, the library and the headers have.
load command
MAN=$TOP/tools/man
HEADERS=("$TOP/shim/dump_format.h" "$TOP/shim/dump_maps_format.h")

setup_file() {
  export STAGE=$BATS_FILE_TMPDIR/stage
  make -s -C "$TOP" install PREFIX="$STAGE" >&2
}

@test "the pages are there and render without a warning" {
  local page warnings
  (($(find "$STAGE/share/man" -name '*.[1357]' -size +1k | wc -l) == 4))
  for page in "$MAN"/*; do
    # other pages of our own are not installed here
    warnings=$(mandoc -T lint -W style "$page" | grep -v 'referenced manual not found') || true
    warnings+=$(LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>&1 >/dev/null)
    [[ -z $warnings ]] || { echo "$page: $warnings"; return 1; }
  done
}

@test "each function has a page" {
  local name count=0
  for name in $(nm --defined-only "$(dirname "$SHIM")/libarena.a" | awk '$2 == "T" && $3 ~ /^arena_/ { print $3 }'); do
    man -M "$STAGE/share/man" 3 "$name" | grep -q 'arena_create.*arena_destroy'
    ((++count))
  done
  ((count > 15))
}

# examples PAGE: runs its commands one after the other.
examples() {
  local command count=0
  export PATH=$STAGE/bin:$PATH LD_LIBRARY_PATH=$STAGE/lib
  export PKG_CONFIG_PATH=$STAGE/lib/pkgconfig CMAKE_PREFIX_PATH=$STAGE
  mkdir -p copy/debug
  ln -s "$(command -v perl)" app
  while read -r command; do
    echo "command: $command"
    timeout 60 bash -ec "$command" </dev/null 3>&- || return
    ((++count))
  done < <("$HERE/man_examples.py" "$MAN/$1" .)
  ((count >= $2))
}

@test "arenashim(1): each command runs" { examples arenashim.1 15; }
@test "libarenashim(7): each command runs" { examples libarenashim.7 6; }
@test "arena(3): each command runs" { examples arena.3 6; }
@test "arenashim-dump(5): each command runs" { examples arenashim-dump.5 4; }

plain() { # PAGE: its text, words not cut, with options as they are typed
  mandoc -T ascii -O width=300 "$MAN/$1" | col -b | expand
}

options() { # COMMAND: as its help has them: "-n, --rows=ROWS"
  "$TOOL" "$1" --help | sed -nE 's/^ +((-., )?--[a-z-]+(=[^ ]+)?)( .*)?$/\1/p'
}

described() { # HEADING: the options that this part of arenashim(1) describes
  plain arenashim.1 | awk -v h="   $1" '/^ ? ? ?[^ ]/ { on = $0 == h } on' |
    sed -nE 's/^     ((-., )?--[a-z-]+(=[^ ]+)?)$/\1/p'
}

@test "arenashim(1) has each command's options and values, and no others" {
  local command common=()
  (($(commands | wc -l) >= 10))
  for command in $(commands); do
    common=("Options of every command")
    [[ $command =~ ^(run|ps|dump|attach|detach|merge)$ ]] || common+=(Names)
    [[ $command =~ ^(run|export|html|top|ps|dump|attach|detach|metrics|push|merge)$ ]] || common+=(Rows)
    diff <(options "$command" | sort) \
      <({ described "$command"; for c in "${common[@]}"; do described "$c"; done; } | sort) ||
      { echo "in: $command"; return 1; }
  done
}

@test "arenashim --help has each value of --by, --kind, --sort and --format, at the commands that take them" {
  local command option values text count=0
  for command in report tree arenas leaks waste diff export html top merge; do
    text=$(own_help "$command")
    while IFS== read -r option values; do
      for value in ${values//|/ }; do
        grep -qE -- "$option [^]]*\\b$value\\b" <<<"$(tr '\n' ' ' <<<"$text")" || { echo "$command $option $value"; return 1; }
        ((++count))
      done
    done < <("$TOOL" "$command" --help | grep -oE -- '^ .*--(by|kind|sort|format)=[a-z|]+' | grep -oE -- '--.*')
  done
  ((count > 50))
}

# own_help COMMAND: its own lines of `arenashim --help`, and those of the words in capitals that stand there.
own_help() {
  local word text
  text=$("$TOOL" --help | awk -v c="$1" '/^  arenashim / { on = $2 == c } /^[^ ]/ { on = 0 } on')
  for word in KIND SORT ROWS NAMES; do
    [[ $text != *"[$word"* ]] || text+=$'\n'$("$TOOL" --help | grep "^$word ")
  done
  echo "$text"
}

@test "arenashim --help has each command's options, by one of their names" {
  local command option text count=0
  for command in $(commands); do
    text=$(own_help "$command")
    while read -r option; do
      [[ $option == *--help* || $option == *--usage* ]] && continue
      grep -qE -- "(^|[^a-z-])(${option//, /|})([^a-z-]|$)" <<<"$text" || { echo "$command: $option"; return 1; }
      ((++count))
    done < <(options "$command" | sed 's/=.*//')
  done
  ((count > 100))
}

all_named() { # PAGE NAME...
  local page=$1 text name
  text=$(plain "$1")
  shift
  (($# > 0))
  for name; do
    grep -qwF -- "$name" <<<"$text" || { echo "$page has no $name"; return 1; }
  done
}

@test "libarenashim(7) has every variable and every call" {
  local variables calls
  variables=$(ARENASHIM_VERBOSE=1 LD_PRELOAD=$SHIM env true 2>&1 | grep -oE 'ARENASHIM_[A-Z_]+' | sort -u)
  (($(wc -l <<<"$variables") >= 9))
  calls=$(nm -D --defined-only "$SHIM" | awk '{ print $3 }' | sed 's/@.*//' | grep '^arenashim_' |
    grep -v '^arenashim_region_attach')
  # shellcheck disable=SC2086
  all_named libarenashim.7 $variables $calls
}

@test "arena(3) has every function and every option" {
  # shellcheck disable=SC2046
  all_named arena.3 $(nm --defined-only "$(dirname "$SHIM")/libarena.a" |
    awk '$2 == "T" && $3 ~ /^arena_/ { print $3 }') \
    $(awk '/^struct arena_(config|stats) \{/ { on = 1; next } /^\}/ { on = 0 } on' "$TOP/arena/arena.h" |
      sed -nE 's/^  [a-z][^;]* \*?([a-z_]+);.*/\1/p')
}

@test "arenashim-dump(5) has every section with its number and size" {
  local text name number size sizes count=0
  text=$(plain arenashim-dump.5)
  # sizes of items stand in the headers in the order of the sections, after those of the head
  mapfile -t sizes < <(echo 1 && sed -nE 's/^static_assert\(sizeof.*== ([0-9]+).*/\1/p' "${HEADERS[@]}" | tail -n +3)
  while read -r name number; do
    size=${sizes[count]}
    ((++count))
    grep -qE "^ +$name +$number +$size " <<<"$text" || { echo "$name: $number, $size bytes"; return 1; }
  done < <(sed -n '/^enum dump_section_id/,/^}/s/^  \(DUMP_[A-Z_]*\) = \([0-9]*\).*/\1 \2/p' "${HEADERS[@]}")
  ((count == ${#sizes[@]}))
}
