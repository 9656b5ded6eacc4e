# Who uses whom, by the symbols of object files.  For test/layers.bats.

# calls_between OBJECT...: one line "USER OWNER SYMBOL" for each symbol that one of the objects uses and
# another defines.  USER and OWNER are the objects as they were given.
calls_between() {
  local object
  for object; do
    nm -P "$object" | sed "s|^|$object |"
  done | awk '
    $3 ~ /^[Uwv]$/ { uses[++n] = $1 " " $2; next }
    $3 ~ /^[A-Z]$/ { owner[$2] = $1 }
    END {
      for (i = 1; i <= n; i++) {
        split(uses[i], u, " ")
        if (u[2] in owner && owner[u[2]] != u[1]) print u[1], owner[u[2]], u[2]
      }
    }'
}

# upward_calls: reads lines "PART OBJECT", the lowest part first (objects of one part stand together), and
# prints one line for each use of a symbol that a higher part defines.  Fails if there is one.  Objects
# of one part may use each other.
upward_calls() {
  local part object status=0 user owner symbol
  local -A rank=() of=()
  while read -r part object; do
    [[ -f $object ]] || { echo "there is no $object"; return 1; }
    : "${rank[$part]:=${#rank[@]}}"
    of[$object]=$part
  done
  while read -r user owner symbol; do
    ((rank[${of[$owner]}] > rank[${of[$user]}])) || continue
    echo "$user uses $symbol of $owner"
    status=1
  done < <(calls_between "${!of[@]}")
  return $status
}

# call_circle OBJECT...: prints the objects of circles of uses, and fails if there is one.
call_circle() {
  calls_between "$@" | awk '{ print $1, $2 }' | sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //' | { ! grep .; }
}
