# Completions: each shell offers every command, option and value that --help tells.
load command
COMPLETIONS=$TOP/tools/completions

setup() {
  PATH=$(dirname "$TOOL"):$PATH
  cd "$BATS_TEST_TMPDIR" || return
  mkdir -p files/debug
  touch files/app.dump
  echo 'a found line' >files/text
  cd files || return
}

long_options() { "$TOOL" "$1" --help | sed -nE 's/^ +(-., )?(--[a-z-]+)(=[^ ]+)?( .*)?$/\2/p'; }
choices() { "$TOOL" "$1" --help | sed -nE 's/^ +(--[a-z-]+)=([a-z|]+\|[a-z|]+)( .*)?$/\1 \2/p'; }

# in_bash WORD...: what bash offers for the last word, sorted; cut as readline cuts words.
in_bash() {
  COMP_WORDS="$(printf '%q ' "$@")" bash -c '. "$1"
    eval "COMP_WORDS=($COMP_WORDS)"; COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _arenashim
    printf "%s\n" "${COMPREPLY[@]}"' bash "$COMPLETIONS/bash/arenashim" | sort
}

in_fish() { # LINE
  fish --no-config -c "set fish_complete_path /usr/share/fish/completions; source $COMPLETIONS/fish/arenashim.fish; complete -C '$1'" | sort
}

# What _arguments and _describe are told, a word a line.
in_zsh() { # WORD...
  # shellcheck disable=SC2016 # zsh's
  zsh -fc 'told() { print -rl -- "$@" }
    _arguments() { told "$@"; _arenashim_commands }
    _describe() { told ${(P)2} }
    file=$1; shift; words=("$@"); CURRENT=$#; . $file' zsh "$COMPLETIONS/zsh/_arenashim" "$@"
}

has() { # TEXT WORD...
  local text=$1 word
  shift
  for word; do grep -qxF -- "$word" <<<"$text" || { echo "no $word in: $text"; return 1; }; done
}

@test "they are free of syntax errors" {
  bash -n "$COMPLETIONS/bash/arenashim"
  zsh -n "$COMPLETIONS/zsh/_arenashim"
  fish -n "$COMPLETIONS/fish/arenashim.fish"
}

@test "every command" {
  (($(commands | wc -l) >= 10))
  diff <(in_bash arenashim '' | grep -v '^-') <(commands | sort)
  diff <(in_fish 'arenashim ') <(commands | sort)
  # shellcheck disable=SC2046
  has "$(in_zsh arenashim '')" $(commands)
  [[ $(in_bash arenashim rep) == report ]]
}

@test "every option of every command" {
  local command option zsh fish
  for command in $(commands); do
    diff <(in_bash arenashim "$command" --) <(long_options "$command" | sort)
    diff <(in_fish "arenashim $command --" | grep -oE '^--[a-z-]+' | sort -u) <(long_options "$command" | sort)
    diff <(in_zsh arenashim "$command" -- | sed -nE 's/^[*]?(--[a-z-]+).*/\1/p' | sort) <(long_options "$command" | sort)
  done
  has "$(in_bash arenashim export -)" -o --output
}

@test "every value" {
  local command option values value count=0
  for command in $(commands); do
    while read -r option values; do
      for value in ${values//|/ }; do
        has "$(in_bash arenashim "$command" "$option" = "${value:0:2}")" "$value"
        has "$(in_bash arenashim "$command" "$option" "${value:0:2}")" "$value"
        ((++count))
      done
      diff <(in_fish "arenashim $command $option=") <(tr '|' '\n' <<<"$values" | sed "s/^/$option=/" | sort)
      in_zsh arenashim "$command" '' | grep -qE -- "^\*?$option=\[.*\]:[a-z|]+:\(${values//|/ }\)$"
    done < <(choices "$command")
  done
  ((count >= 30))
}

@test "a dump without a command, once a letter of it is typed" {
  [[ $(in_bash arenashim app) == app.dump ]]
  [[ $(in_fish 'arenashim app') == app.dump ]]
  [[ $(in_fish 'arenashim ') != *app.dump* ]]
}

@test "files, directories, programs" {
  [[ $(in_bash arenashim report a) == app.dump ]]
  [[ $(in_bash arenashim report --sysroot = '') == debug ]]
  [[ $(in_bash arenashim report --debug-dir '') == debug ]]
  [[ $(in_bash arenashim html -o a) == app.dump ]]
  has "$(in_bash arenashim run --tag = '')" site
  has "$(in_bash arenashim run gre)" grep
  has "$(in_bash arenashim run -o x --tag = site gre)" grep
  has "$(in_bash arenashim run -- gre)" grep
  [[ $(in_bash arenashim run cat a) == app.dump ]]
  [[ $(in_bash arenashim run cat --out a) == app.dump ]]
  in_fish 'arenashim run gre' | grep -qE '^grep\b'
  in_fish 'arenashim run -o x tar --extr' | grep -q '^--extract'
  in_fish 'arenashim report a' | grep -qx app.dump
  has "$(in_zsh arenashim run '')" '(-)1:program:_command_names -e'
}

# typed START SHELL...: an interactive shell, after START, completes lines that are typed with tabs.
typed() {
  local start=$1 tab=$'\t' shell
  shift
  printf -v shell '%q ' "$@"
  run timeout 20 script -qec "$shell" /dev/null <<END
$start
arenashim --vers$tab
arenashim repo$tab--usag$tab
arenashim report --by=mod${tab}app.dump
arenashim run -o g.dump grep --fixed-s$tab a text
exit
END
  [[ $output == *$("$TOOL" --version)* ]]
  [[ $output == *'Usage: arenashim report '* ]]
  [[ $output == *'arenashim: app.dump: '* && $output != *--by=mod:* ]]
  [[ $output == *'a found line'* ]]
}

# The options of a program under `run` are those that its own completion offers.
@test "bash itself completes a line" {
  typed ". /usr/share/bash-completion/bash_completion; . $COMPLETIONS/bash/arenashim" bash --norc --noprofile -i
}

@test "zsh itself completes a line" {
  typed "fpath=($COMPLETIONS/zsh \$fpath); autoload -Uz compinit; compinit -u -D" zsh -f -i
}
