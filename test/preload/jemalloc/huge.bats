# Objects of 1 MiB and more, which lie beside jemalloc (shim/jemalloc/huge.h).
load ../../common

@test "at random, in four threads, no byte is lost or another's" {
  local seed mode
  for seed in 1 2 3; do
    run_shim "$BIN/huge" model $seed
    expect_ok
  done
  for mode in site stack:8; do
    run_shim ARENASHIM_TAG=$mode "$BIN/huge" model 4
    expect_ok
  done
  run_shim ARENASHIM_SAMPLE=8M "$BIN/huge" model 5
  expect_ok
}
@test "an object that grows is moved, not copied" {
  run_shim "$BIN/huge" grow
  expect_ok
}
@test "pages serve again, and the peak is the program's own" {
  run_shim "$BIN/huge" serve
  expect_ok
}
@test "pages that nobody touched are left alone" {
  run_shim "$BIN/huge" untouched
  expect_ok
}
@test "calloc's are zeroed" {
  run_shim "$BIN/huge" calloc
  expect_ok
}
@test "more than the table has room for" {
  run_shim "$BIN/huge" many
  expect_ok
}
@test "jemalloc's own functions know them" {
  run_shim "$BIN/huge" api
  expect_ok
}
@test "what a shrinking object leaves goes back" {
  run_shim "$BIN/huge" shrink
  expect_ok
}
@test "a pointer into one is no object" {
  run_shim "$BIN/huge" inside
  [[ $status == 134 ]]
  [[ $stderr == "arenashim: free("*"): the pointer is 100000 bytes inside the 3145728-byte object at $output" ]] ||
    { echo "$stderr"; return 1; }
}
@test "the program has split its mapping" {
  run_shim "$BIN/huge" split
  expect_ok
}
@test "MALLOC_CONF that asks for something, and ARENASHIM_DISABLE, leave them to jemalloc" {
  moves() { # [NAME=VALUE]: how often pages of an object that grows to 256 MiB were moved
    run_shim "$@" strace -f -e trace=mremap -o calls "$BIN/huge" grow
    grep -c mremap calls || true
  }
  (($(moves MALLOC_CONF=dirty_decay_ms:1000) == 0))
  (($(moves MALLOC_CONF=zero:true) == 0))
  (($(moves MALLOC_CONF=junk:alloc) == 0))
  (($(moves MALLOC_CONF=junk:free) == 0))
  (($(moves ARENASHIM_DISABLE=1) == 0))
  (($(moves) > 0))
}
