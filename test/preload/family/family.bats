# The malloc family and the C++ operators, case by case, and random operations against a model.
load ../../common

passes() { # PROGRAM [ARG...] of ours runs under the shim and has nothing to complain about
  run_shim "$BIN/$1" "${@:2}"
  expect_ok
  expect '-z $stderr'
}

@test "sizes 0..1024: aligned, disjoint, writable" { passes contract sizes; }
@test "usable bytes survive realloc" { passes contract usable; }
@test "realloc of every pair of sizes 0..1024" { passes contract realloc_pairs; }
@test "realloc between small and huge" { passes contract realloc_large; }
@test "realloc(NULL, n) and realloc(p, 0)" { passes contract realloc_ends; }
@test "a refused realloc leaves its block alone" { passes contract realloc_refused; }
@test "calloc zeroes reused memory" { passes contract calloc_zero; }
@test "calloc and reallocarray see overflow" { passes contract calloc_overflow; }
@test "above PTRDIFF_MAX every entry refuses with ENOMEM" { passes contract too_big; }
@test "alignment plus size overflows" { passes contract_aligned alignment_overflow; }
@test "posix_memalign: bad alignments, *memptr left alone" { passes contract_aligned posix_memalign_invalid; }
@test "alignments 1 to 4 MiB" { passes contract_aligned alignments; }
@test "aligned blocks do not overlap" { passes contract_aligned aligned_together; }
@test "memalign rounds a crooked alignment up" { passes contract_aligned crooked_alignment; }
@test "valloc and pvalloc" { passes contract_aligned page_aligned; }
@test "errno is kept by success and by free" { passes contract errno; }
@test "cfree, free_sized, free_aligned_sized" { passes contract_kin free_kin; }
@test "__libc_ aliases" { passes contract_kin aliases; }
@test "mallopt knows glibc's parameters" { passes contract_kin mallopt; }
@test "malloc_trim, mallinfo, malloc_info, malloc_stats" { passes contract_kin statistics; }
@test "jemalloc's interface takes blocks of both heaps" { passes contract_kin jemalloc_mixed; }
@test "jemalloc's interface: MALLOCX_ZERO" { passes contract_kin jemalloc_zero; }
@test "jemalloc's interface: rallocx to a smaller place" { passes contract_kin jemalloc_shrunk; }
@test "jemalloc's interface: alignments; sdallocx goes by address, not by size" { passes contract_kin jemalloc_aligned; }
@test "jemalloc's interface: refusals" { passes contract_kin jemalloc_refused; }
@test "jemalloc's interface: mallctl and its kin" { passes contract_kin jemalloc_mallctl; }

@test "the 20 C++ operators" { passes cxx; }
@test "a C program opens a C++ plugin" { passes capp "$BIN/cxx.plugin.so"; }

@test "random operations against the model, one thread" { passes model 2000000 1; }
@test "random operations against the model, another seed and block size" {
  run_shim ARENASHIM_BLOCK_SIZE=64K "$BIN/model" 1000000 "$RANDOM"
  expect_ok
}
@test "random operations against the model, four threads" { passes model 2000000 2 4; }
@test "the model under the kill switch" {
  run_shim ARENASHIM_DISABLE=1 "$BIN/contract" realloc_pairs errno too_big
  expect_ok
}

@test "free leaves protected pages, files' pages and pages that a child lacks alone" {
  for mode in ARENASHIM_TAG=off ARENASHIM_TAG=site ARENASHIM_SAMPLE=64K; do
    run_shim $mode "$BIN/protected"
    expect_ok
  done
}
