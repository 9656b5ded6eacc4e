#!/bin/bash
# Runs test programs and adds up what they say.
# Usage: test/run.sh FILE... [--serial FILE...]
#   FILE       a .bats file, or a program that prints TAP when CMOCKA_MESSAGE_OUTPUT=TAP
#   --serial   the files after it run alone, one after the other, when the rest is done
# Environment: JOBS   files that run at a time (2)
#              LIMIT  seconds one file may take (300); more is a failure
#
# One line a file when it ends; before it, when something failed, all the file said but its successes.
# The last line is `N passed, M failed, K skipped`; exit status 1 unless something passed and nothing
# failed. A file is believed only if it is whole: one that crashed, hung, stopped before the number
# of results it announced, or announced none, counts as one failure more.
set -u
: "${JOBS:=2}" "${LIMIT:=300}"
unset MAKEFLAGS MAKELEVEL MFLAGS # a make that a test starts is not part of ours
export CMOCKA_MESSAGE_OUTPUT=TAP

logs=$(mktemp -d) || exit 1
passed=0 failed=0 skipped=0
declare -A name_of=() log_of=() start_of=() # each running file's, by process id

# timeout leads a process group of its own: what it gets, and what its group gets, reaches all of the test.
clean_up() {
  for pid in "${!name_of[@]}"; do kill -TERM "$pid" && kill -KILL -- "-$pid"; done 2>/dev/null
  rm -rf "$logs"
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

start() { # FILE
  local command=("$1")
  case $1 in
    *.bats) command=(bats --formatter tap "$1") ;;
    */*) ;;
    *) command=("./$1") ;;
  esac
  local log
  log=$(mktemp -p "$logs")
  # The inner shell puts its "Aborted" into the log instead of letting ours print it.
  # shellcheck disable=SC2016 # $@ is the inner shell's
  timeout -k 5 "$LIMIT" sh -c '"$@"; exit $?' sh "${command[@]}" >"$log" 2>&1 </dev/null &
  name_of[$!]=$1 log_of[$!]=$log start_of[$!]=$EPOCHREALTIME
}

count() { # PATTERN LOG
  grep -cE "$1" "$2"
}

# Why the log is not to be believed, in words; nothing when it is.
doubt() { # STATUS RESULTS FAILURES LOG SECONDS
  local planned
  planned=$(awk -F'[. ]+' '/^1\.\.[0-9]+/ { n += $2 } END { print n + 0 }' "$4")
  if (($1 == 124 || $1 == 137)) && ((${5%.*} >= LIMIT)); then
    echo "stopped after its $LIMIT s"
  elif (($1 > 128 && $1 != $3)); then # cmocka's status is its number of failures
    echo "died of signal $(($1 - 128))"
  elif (($2 == 0)); then
    echo "printed no results, exit status $1"
  elif (($2 != planned)); then
    echo "printed $2 results of $planned, exit status $1"
  elif (($1 != 0 && $3 == 0)); then
    echo "exit status $1 without a failure"
  fi
}

finish() { # PID STATUS: count its results and tell of it
  local log=${log_of[$1]} ok not skip why seconds
  kill -KILL -- "-$1" 2>/dev/null # whatever the test left running
  skip=$(count '^(not )?ok .*# (SKIP|skip)' "$log") # cmocka writes "not ok 3 # SKIP name"
  ok=$(($(count '^ok ' "$log") - $(count '^ok .*# (SKIP|skip)' "$log")))
  not=$(($(count '^(not )?ok ' "$log") - ok - skip))
  seconds=$(awk -v a="${start_of[$1]}" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')
  why=$(doubt "$2" $((ok + not + skip)) "$not" "$log" "$seconds")
  if ((not)) || [[ $why ]]; then
    printf -- '---- %s%s\n' "${name_of[$1]}" "${why:+: $why}"
    grep -vE '^ok ' "$log"
    printf -- '----\n'
  fi
  [[ -z $why ]] || ((++not))
  printf '%-42s %4d passed %3d failed %3d skipped %7s s\n' \
    "${name_of[$1]}" "$ok" "$not" "$skip" "$seconds"
  ((passed += ok, failed += not, skipped += skip))
  unset "name_of[$1]" "log_of[$1]" "start_of[$1]"
}

await_one() {
  local pid status=0
  wait -n -p pid || status=$?
  finish "$pid" "$status"
}

jobs=$JOBS
for file; do
  if [[ $file == --serial ]]; then
    jobs=1
    continue
  fi
  while ((${#name_of[@]} >= jobs)); do await_one; done
  start "$file"
done
while ((${#name_of[@]})); do await_one; done

echo "$passed passed, $failed failed, $skipped skipped"
((passed && !failed))
