load compare

# Built once; both runs use the same files.
setup_file() {
  cd "$BATS_FILE_TMPDIR" || return
  local inputs=$HERE/inputs
  gcc -O1 -o host "$inputs/host.c" -pthread -ldl
  g++ -std=c++17 -O1 -fPIC -shared -o plugin.so "$inputs/plugin.cc"
  ! ldd host | grep libstdc++
}

@test "a C program and its C++ plugin load the shim, operators included" {
  # 7: no failing new here, for then the shim may well ask libstdc++ for its operator.
  want=2 loads "$BATS_FILE_TMPDIR/host" 7 "$BATS_FILE_TMPDIR/plugin.so"
  grep -q 'plugin.so.* symbol ._Znwm' family
}

@test "a C program opens a C++ plugin: strings, exceptions, streams, threads, failing new" {
  want=2 same "$BATS_FILE_TMPDIR/host" "$BATS_FILE_TMPDIR/plugin.so"
}
