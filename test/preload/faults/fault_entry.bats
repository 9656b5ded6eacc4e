# A death message names the function the program called, and where in the program.
load ../../common

names_entry() { # ENTRY KIND
  run_shim "$BIN/fault_entry" "$1" "$2"
  expect '$status == 134'
  local pointer low high site where
  read -r pointer low high <<<"$output"
  expect "\$stderr == 'arenashim: ${1%%-*}($pointer) called from 0x'*"
  [[ $stderr =~ \ called\ from\ (0x[0-9a-f]+)\ \(fault_entry\+(0x[0-9a-f]+)\):\  ]] || { echo "$stderr"; return 1; }
  site=${BASH_REMATCH[1]}
  ((site > low && site < high)) || { printf '%s outside of the program: %s\n' "$site" "$stderr"; return 1; }
  where=$(addr2line -e "$BIN/fault_entry" "$(printf '%#x' $((BASH_REMATCH[2] - 1)))")
  expect '$where == *fault_entry.cc:[1-9]*'
}

@test "an object that was freed before: the entry and the call in the program are named" {
  for entry in free cfree free_sized free_aligned_sized realloc realloc-0 realloc-large reallocarray delete \
    delete-sized delete-aligned 'delete[]' rallocx dallocx sdallocx; do
    names_entry "$entry" small
  done
}

@test "a stray pointer: the same" {
  for entry in free cfree free_sized free_aligned_sized realloc realloc-0 realloc-large reallocarray delete \
    delete-sized delete-aligned 'delete[]' rallocx dallocx sdallocx; do
    names_entry "$entry" stray
  done
}
