#!/bin/bash
# Executed instructions of a malloc+free pair, counted by callgrind: repeatable to the digit, whatever
# else the machine does.
# Usage: test/bench/instructions.sh LIBRARY LOOP [NAME=VALUE...]
#        test/bench/instructions.sh LIBRARY --golden
#   LIBRARY   preloaded; "" for none
#   LOOP      deep, random, large or realloc, of build/test/bench/pairs
#   NAME=...  environment of the program
#   --golden  every count that test/bench/instructions.golden holds, as it stands there
#
# The loop's own instructions are taken off, but for the calls and returns: the stand-ins of malloc, free
# and realloc execute 2, 1 and 2 instructions, which are added again.
set -u
: "${PAIRS:=$(dirname "$0")/../../build/test/bench/pairs}"
TIMES=300000

executed() { # LIBRARY LOOP [NAME=VALUE...]
  local library=$1 loop=$2
  shift 2
  env -i PATH="$PATH" ${library:+LD_PRELOAD="$library"} "$@" \
    valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=counted "$PAIRS" "$loop" $TIMES 2>&1 |
    awk '/Collected/ { print $NF } /cannot be preloaded/ { exit }'
}

pair_cost() { # LIBRARY LOOP [NAME=VALUE...]
  local empty=empty${2#deep} with without standin=3
  [[ $2 != realloc ]] || standin=2
  with=$(executed "$@")
  without=$(executed '' "$empty")
  [[ -n $with && -n $without ]] || { echo "instructions.sh: callgrind counted nothing for $1 $2" >&2; return 1; }
  awk -v w="$with" -v o="$without" -v n=$TIMES -v s=$standin 'BEGIN { printf "%.2f\n", (w - o) / n + s }'
}

golden() { # LIBRARY
  local name loop environment
  while read -r name loop environment; do
    # shellcheck disable=SC2086 # no variable, or some
    printf '%-12s %s\n' "$name" "$(pair_cost "$1" "$loop" $environment)"
  done <<'END'
deep deep
random random
large large
realloc realloc
deep-site deep ARENASHIM_TAG=site
deep-stack8 deep ARENASHIM_TAG=stack:8
deep-stack64 deep ARENASHIM_TAG=stack:64 PAIRS_FRAMES=40
deep-off deep PAIRS_TOGGLED=1
random-off random PAIRS_TOGGLED=1
large-off large PAIRS_TOGGLED=1
realloc-off realloc PAIRS_TOGGLED=1
END
}

case ${2-} in
  deep | random | large | realloc) pair_cost "$@" ;;
  --golden) golden "$1" ;;
  '') echo 'usage: instructions.sh LIBRARY deep|random|large|realloc [NAME=VALUE...] | LIBRARY --golden' >&2; exit 2 ;;
  *) echo "instructions.sh: no loop named '$2'" >&2; exit 2 ;;
esac
