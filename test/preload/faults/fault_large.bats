# Objects of 512 bytes and more that are freed twice, or at a pointer inside of them. With tags always seen, for any
# size; without, where the object waits in the thread's cache or that of extents (shim/jemalloc/*_cache.h).
load ../../common

# dies ENTRY WHAT NAME=VALUE... CASE BYTES: by SIGABRT, with that one line. %P in WHAT is the pointer that was printed.
dies() {
  local entry=$1 what=$2 pointer place='called from 0x+([0-9a-f]) (fault_large+0x+([0-9a-f]))'
  shift 2
  run_shim "${@:1:$#-2}" "$BIN/fault_large" "${@: -2}"
  pointer=${lines[0]}
  local line="arenashim: $entry($([[ ${*: -2:1} == interior ]] && printf '0x%x' $((pointer + 16)) || echo "$pointer")) "
  if [[ $status != 134 || $stderr != "$line"$place": ${what//%P/$pointer}" ]]; then
    printf '%s: status %s\nstdout: %s\nstderr: %s\n' "$*" "$status" "$output" "$stderr"
    return 1
  fi
}

@test "with tags: freed twice, of any size, in any order" {
  shopt -s extglob
  for mode in site stack:8; do
    for bytes in 512 1000 4096 5000 40000 300000 3000000; do
      for case in twice later deep remote; do
        dies free 'double free or invalid pointer: no object is alive there' ARENASHIM_TAG=$mode $case $bytes
      done
      dies realloc 'double free or invalid pointer: no object is alive there' ARENASHIM_TAG=$mode realloc $bytes
      dies free "the pointer is 16 bytes inside the $bytes-byte object at %P" ARENASHIM_TAG=$mode interior $bytes
    done
  done
}

@test "without tags, and with samples: freed twice, of the sizes on shelves" {
  shopt -s extglob
  for mode in ARENASHIM_TAG=off ARENASHIM_SAMPLE=512K; do
    for bytes in 512 1024 2560 4096; do
      for case in twice later deep; do
        dies free "double free of the $bytes-byte object at %P" $mode $case $bytes
      done
      dies realloc "double free of the $bytes-byte object at %P" $mode realloc $bytes
    done
  done
}

@test "without tags, and with samples: freed twice, of more than 32 KiB" {
  shopt -s extglob
  for mode in ARENASHIM_TAG=off ARENASHIM_SAMPLE=16M; do
    for bytes in 40000 300000; do
      for case in twice later deep; do
        dies free 'double free or invalid pointer: no object is alive there' $mode $case $bytes
      done
      dies realloc 'double free or invalid pointer: no object is alive there' $mode realloc $bytes
    done
  done
}

@test "nothing is taken for freed that is not" {
  for mode in ARENASHIM_TAG=off ARENASHIM_SAMPLE=4K ARENASHIM_TAG=stack:8 ARENASHIM_DISABLE=1; do
    for bytes in 512 4096 5000 40000; do
      run_shim $mode "$BIN/fault_large" none $bytes
      expect_ok
    done
  done
}
