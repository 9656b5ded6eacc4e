# LD_AUDIT beside the shim: the loader keeps too little thread-local storage free for jemalloc's, and the remedy
# that the man page and `run` name works.
load ../../common

setup() {
  gcc -shared -fPIC -o audit.so -x c - <<<'unsigned la_version(unsigned version) { return version; }'
  TUNABLE=GLIBC_TUNABLES=$(grep -o 'glibc.rtld.optional_static_tls=[0-9]*' "$TOP/tools/man/libarenashim.7" | head -n 1)
}

@test "with the tunable that the man page names, a program runs under LD_AUDIT and the shim" {
  run_shim LD_AUDIT="$PWD/audit.so" "$TUNABLE" ARENASHIM_STATS=1 /bin/true
  expect_ok
  expect '$stderr == *"== arenashim"*'
}

@test "run names it, too, unless it is set" {
  tool=${TOOL:-$(dirname "$SHIM")/arenashim}
  run -127 --separate-stderr env LD_AUDIT="$PWD/audit.so" "$tool" run -o d /bin/true
  expect '$stderr == *"$TUNABLE"*'
  run --separate-stderr env LD_AUDIT="$PWD/audit.so" "$TUNABLE" "$tool" run -o d /bin/true
  expect_ok
  expect '$stderr != *LD_AUDIT*'
}
