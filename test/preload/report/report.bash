# What report.bats and report_tags.bats share: a program's report, and what must hold of it.
REPORT=$HERE/report.py

# The one report that PROGRAM [ARG...] leaves, in r.txt; what it printed, in books; its stderr, in said.
reported() { # [NAME=VALUE...] PROGRAM [ARG...]
  rm -f r.txt*
  LD_PRELOAD= timeout 120 env LD_PRELOAD="$SHIM" ARENASHIM_STATS=r.txt "$@" >books 2>said
}

holds() { # [--books FILE THREADS | --sites FILE] EXPRESSION...: of r.txt
  local books=()
  case $1 in
    --books) books=("$1" "$2" "$3") ;;
    --sites) books=("$1" "$2") ;;
  esac
  /usr/bin/python3 "$REPORT" "${books[@]}" r.txt "${@:1+${#books[@]}}"
}

# Of each report: the program's own, and its children's.
each_holds() { # EXPRESSION...
  local f
  for f in r.txt*; do /usr/bin/python3 "$REPORT" "$f" "$@" || return; done
}
