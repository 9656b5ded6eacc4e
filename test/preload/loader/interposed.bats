# Other preloaded libraries that wrap libc's functions and allocate there: nothing of ours calls them with a
# lock held or half set up. Also: nothing inside an allocation or a report is a cancellation point.
load ../../common

setup_file() {
  "$HERE/interposer.sh" "$SHIM" "$(dirname "$SHIM")/shim/base" "$BATS_FILE_TMPDIR/wraps.so"
}

# with_wrappers ORDER [NAME=VALUE...] PROGRAM: beside the wrapping library, which comes first or last.
with_wrappers() {
  local wraps=$BATS_FILE_TMPDIR/wraps.so order
  case $1 in
    first) order=$wraps:$SHIM ;;
    last) order=$SHIM:$wraps ;;
  esac
  shift
  run --separate-stderr timeout -k 5 60 env LD_PRELOAD="$order" "$@"
}

@test "every function of libc that we call or replace is wrapped, and the wrappers alone do no harm" {
  (($(nm -D --defined-only "$BATS_FILE_TMPDIR/wraps.so" | grep -c ' T ') > 90))
  run --separate-stderr timeout 60 env LD_PRELOAD="$BATS_FILE_TMPDIR/wraps.so" "$BIN/interposed"
  expect '$status == 7 && $output == done'
}

works_with() { # ORDER MODE
  local options=()
  for option in ${2//,/ }; do options+=("ARENASHIM_$option"); done
  with_wrappers "$1" "${options[@]}" "$BIN/interposed"
  expect '$status == 7 && $output == done'
}

MODES=("" TAG=site TAG=stack:8 TAG=stack:8,SAMPLE=4K STATS=1 DUMP=d SIGNAL=USR2,DUMP=d DISABLE=1)
@test "wrappers that come before us are served, whatever the options" {
  for mode in "${MODES[@]}"; do works_with first "$mode"; done
}
@test "wrappers that come after us are served, whatever the options" {
  for mode in "${MODES[@]}"; do works_with last "$mode"; done
}

@test "malloc and free call none of the wrapped functions but those that the list explains" {
  local known='__errno_location|dl_iterate_phdr|__sbrk|write' # write is the wrapping library's own
  for mode in A=1 ARENASHIM_TAG=site ARENASHIM_TAG=stack:8; do
    with_wrappers first INTERPOSER_SAYS=1 $mode "$BIN/interposed"
    expect '$status == 7'
    refute grep -vE "^nested: ($known)$" <<<"$stderr"
  done
}

@test "what is taken from other libraries is listed, each with its reason" {
  new=$(nm -D --undefined-only "$SHIM" | awk '{ sub(/@.*/, "", $2); print $2 }' | sort -u |
    grep -vxF -f <(awk '!/^#/ { print $1 }' "$HERE/undefined.allowed") || true)
  echo "not in undefined.allowed: $new"
  [[ -z $new ]]
}

@test "a thread that is to be cancelled comes out of malloc, of free and of a dump" {
  run_shim ARENASHIM_TAG=stack:8 "$BIN/cancelled"
  expect '$status == 7'
}
