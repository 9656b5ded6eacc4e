#!/bin/bash
# Takes the remedies against traps out, one at a time, and expects a test to fail: `make mutants`.
# Usage: test/mutants/run.sh [REGEXP]   only the mutants whose "[trap] name" matches
# Environment: LIMIT  seconds a test may take (40) where the list says nothing; a hang counts as a failure
#
# The list, a file beside this one, tells what it holds. Everything happens in build/mutants: a copy of the
# tree, which is built once; the logs, NAME.build and NAME.test with the mutant's number for a name.
# One line a mutant: killed, SURVIVED, did not apply, did not build, or no test (its test fails, skips or finds
# nothing to do even unmutated). The last line is `N passed, M failed, 0 skipped`: a killed mutant has passed.
set -u
cd "$(dirname "$0")/../.." || exit 1
: "${LIMIT:=40}"
unset MAKEFLAGS MAKELEVEL MFLAGS CI # a mutant may leave something unused: warnings are no errors
export CMOCKA_MESSAGE_OUTPUT=TAP
pattern=${1-}
list=$PWD/test/mutants/list
place=$PWD/build/mutants
work=$place/work
export SHIM=$work/build/libarenashim.so BIN=$work/build/test/preload

fail() {
  echo "mutants: $*" >&2
  exit 1
}

declare -a name=() edits=() test=() limit=()

read_list() {
  local line n=0
  while IFS= read -r line; do
    case $line in
      '' | '#'*) ;;
      '['*']'*) n=$((n + 1)) name[n]=$line edits[n]='' test[n]='' limit[n]=$LIMIT ;;
      'test: '*) test[n]=${line#test: } ;;
      'limit: '*) limit[n]=${line#limit: } ;;
      *': '*) edits[n]+=$line$'\n' ;;
      *) fail "what does this line of the list say: $line" ;;
    esac
  done <"$list"
}

selected() { [[ -z $pattern || ${name[$1]} =~ $pattern ]]; }

# One copy and one build for all; what a mutant changes is put back from `good`, times included, so that make
# then finds nothing to do.
prepare() {
  rm -rf "$place"
  mkdir -p "$work" || exit 1
  tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C "$work" || exit 1
  cd "$work" || exit 1
  make -s -j2 all >"$place/build" 2>&1 || { cat "$place/build"; fail 'the tree does not build'; }
  make -s -j2 -k test-programs >>"$place/build" 2>&1 || echo "not all test programs build: $place/build"
  cp -a "$work" "$place/good"
}

seconds_since() { awk -v a="$1" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }'; }

# A session of its own, so that whatever the test started can be found and ended. The inner shell says
# "Aborted" into the log, where ours would say it to whoever reads the results.
passes() { # TEST LIMIT LOG
  local kind=${1%% *} rest=${1#* } status=0 pid
  local -a command words
  case $kind in
    *.bats) command=(bats --formatter tap -f "$rest" "test/$kind") ;;
    unit | tools) command=("build/test/$kind/${rest%% *}") ;;
    shim)
      read -ra words <<<"$rest"
      command=(env "LD_PRELOAD=$SHIM")
      while [[ ${words[0]} == *=* ]]; do command+=("${words[0]}") && words=("${words[@]:1}"); done
      command+=("$BIN/${words[0]}" "${words[@]:1}")
      ;;
    *) fail "no such kind of test: $1" ;;
  esac
  # shellcheck disable=SC2016 # $@ is the inner shell's
  setsid -w timeout -k 2 "$2" sh -c '"$@"; exit $?' sh "${command[@]}" >"$3" 2>&1 </dev/null &
  pid=$!
  wait "$pid" || status=$?
  pkill -KILL -s "$pid"
  # Of one test's result the others in its program are no part.
  if [[ $1 == @(unit|tools)\ *\ * ]]; then grep -qE "^ok [0-9]+ - ${rest#* }\$" "$3"; else return $status; fi
}

build_for() { # TEST LOG
  local goal=all
  [[ $1 != tools/* && $1 != interop/* ]] || goal+=' build/test/tools/arenashim' # the command under sanitizers
  [[ $1 != @(unit|tools)\ * ]] || { goal=${1#* } && goal=build/test/${1%% *}/${goal%% *}; }
  # shellcheck disable=SC2086 # one goal or two
  make -s -j2 $goal >"$2" 2>&1
}

# Each distinct test must pass and must have something to say: a filter that matches nothing passes too.
declare -A good=()
try_tests() {
  local i key log from count=0
  from=$EPOCHREALTIME
  for i in "${!name[@]}"; do
    key=${test[i]}
    if ! selected "$i" || [[ ${good[$key]+tried} ]]; then continue; fi
    log=$place/good.$((++count)).test good[$key]=1
    passes "$key" "${limit[i]}" "$log" || good[$key]=
    if [[ $key == *.bats\ * ]] && { ! grep -q '^ok' "$log" || grep -q '# skip' "$log"; }; then good[$key]=; fi
    [[ ${good[$key]} ]] || printf 'fails unmutated: %s (%s)\n' "$key" "$log"
  done
  echo "$count tests run unmutated in $(seconds_since "$from") s"
}

apply() { # EDITS
  local line file
  while IFS= read -r line; do
    [[ $line ]] || continue
    file=${line%%: *}
    cp "$file" "$place/before" && sed -e "${line#*: }" "$place/before" >"$file" || return 1
    ! cmp -s "$place/before" "$file" || return 1
  done <<<"$1"
}

restore() { # EDITS
  local line file
  while IFS= read -r line; do
    file=${line%%: *}
    [[ -z $line ]] || cp -p "$place/good/$file" "$file"
  done <<<"$1"
  rm -rf build && cp -a "$place/good/build" build
}

verdict() { # NUMBER: sets $said
  local i=$1
  said='no test'
  [[ ${good[${test[i]}]} ]] || return
  said='did not apply'
  apply "${edits[i]}" 2>"$place/$i.build" || return
  said='did not build'
  build_for "${test[i]}" "$place/$i.build" || return
  said=SURVIVED
  passes "${test[i]}" "${limit[i]}" "$place/$i.test" || said=killed
}

read_list
prepare
try_tests
passed=0 failed=0
for i in "${!name[@]}"; do
  selected "$i" || continue
  from=$EPOCHREALTIME
  verdict "$i"
  restore "${edits[i]}"
  printf '%-13s %5s s  %3d %s\n' "$said" "$(seconds_since "$from")" "$i" "${name[i]}"
  if [[ $said == killed ]]; then ((++passed)); else ((++failed)); fi
done
echo "$passed passed, $failed failed, 0 skipped"
((passed && !failed))
