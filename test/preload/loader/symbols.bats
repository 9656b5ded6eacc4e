# What libarenashim.so exports, needs, and how it is linked.
load ../../common

FAMILY="malloc free calloc realloc reallocarray posix_memalign aligned_alloc memalign valloc pvalloc
  malloc_usable_size free_sized free_aligned_sized cfree malloc_trim malloc_stats malloc_info mallinfo mallinfo2
  mallopt"
ALIASES="__libc_malloc __libc_free __libc_calloc __libc_realloc __libc_memalign __libc_valloc __libc_pvalloc
  __posix_memalign"
# of the aliases, those that glibc exports too but no program needs
OPTIONAL="__libc_reallocarray __libc_cfree __libc_mallopt __libc_mallinfo __libc_mallinfo2 __libc_aligned_alloc
  __libc_posix_memalign"
JEMALLOC="mallocx rallocx xallocx sallocx dallocx sdallocx nallocx mallctl mallctlnametomib mallctlbymib
  malloc_stats_print"
NEW="_Znwm _Znam _ZnwmRKSt9nothrow_t _ZnamRKSt9nothrow_t _ZnwmSt11align_val_t _ZnamSt11align_val_t
  _ZnwmSt11align_val_tRKSt9nothrow_t _ZnamSt11align_val_tRKSt9nothrow_t"
DELETE="_ZdlPv _ZdaPv _ZdlPvm _ZdaPvm _ZdlPvRKSt9nothrow_t _ZdaPvRKSt9nothrow_t _ZdlPvSt11align_val_t
  _ZdaPvSt11align_val_t _ZdlPvmSt11align_val_t _ZdaPvmSt11align_val_t _ZdlPvSt11align_val_tRKSt9nothrow_t
  _ZdaPvSt11align_val_tRKSt9nothrow_t"

# _exit would end the process without report and dump (quick_exit needs no name: we are its last handler)
ENDS="_exit _Exit"

words() { tr -s ' \n' '\n\n' <<<"$*" | grep . | sort -u; }

# of libc, what must be seen for the program's safety (deepbind.h, sandbox.h)
SEEN="dlopen dlmopen prctl syscall"

# what the books of mappings are kept by (mapped_calls.h)
MAPS="mmap mmap64 munmap mremap brk sbrk shmat shmdt pthread_create"

# Names of defined dynamic symbols, without versions and the version nodes themselves.
exported() { nm -D --defined-only "$SHIM" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort -u; }

@test "exports the whole family" {
  missing=$(comm -23 <(words $FAMILY $ALIASES $JEMALLOC $NEW $DELETE $ENDS $SEEN $MAPS) <(exported))
  echo "missing: $missing"
  [[ -z $missing ]]
}

@test "exports nothing else" {
  extra=$(comm -13 <(words $FAMILY $ALIASES $OPTIONAL $JEMALLOC $NEW $DELETE $ENDS $SEEN $MAPS) <(exported) | grep -v '^arenashim_' || true)
  echo "extra: $extra"
  [[ -z $extra ]]
}

@test "exports the region hook, and at most a dozen control calls" {
  exported | grep -qx arenashim_region_attach_v1
  (($(exported | grep -c '^arenashim_') <= 12))
}

@test "every function of the family is a plain function, none an ifunc or weak data" {
  odd=$(nm -D --defined-only "$SHIM" | awk '$2 != "T" && $2 != "W" && $2 != "A"')
  echo "odd: $odd"
  [[ -z $odd ]]
}

@test "all twenty operators are there" {
  (($(words $NEW $DELETE | wc -l) == 20))
  (($(exported | grep -cE '^_Z(n|d)[wal]') == 20))
}

@test "needs neither libunwind, libstdc++, libjemalloc nor libpthread" {
  needed=$(readelf -d "$SHIM" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
  echo "$needed"
  refute grep -vE '^(libc|libgcc_s|ld-linux-x86-64)\.so' <<<"$needed"
}

@test "strong references to libstdc++ there are none" {
  strong=$(nm -D --undefined-only "$SHIM" | awk '$1 == "U" { print $2 }' | grep -E '^_Z|^__cxa_(throw|begin|end|alloc)|^__gxx' || true)
  echo "strong: $strong"
  [[ -z $strong ]]
}

@test "bound at load, never unloaded, relocations read-only" {
  dynamic=$(readelf -d "$SHIM")
  grep -qE 'BIND_NOW|FLAGS_1.*NOW' <<<"$dynamic"
  grep -qE 'FLAGS_1.*NODELETE' <<<"$dynamic"
  grep -qE 'FLAGS_1.*NOOPEN' <<<"$dynamic"
  refute grep -q TEXTREL <<<"$dynamic"
  readelf -lW "$SHIM" | grep -q GNU_RELRO
  refute grep -q "GNU_STACK.*RWE" <(readelf -lW "$SHIM")
}

@test "thread-local storage is initial-exec" {
  readelf -d "$SHIM" | grep -q STATIC_TLS
  refute grep -qE 'DTPMOD64|TLSDESC' <(readelf -rW "$SHIM")
  refute grep -q __tls_get_addr <(nm -D --undefined-only "$SHIM")
  refute grep -q __tls_get_addr <(objdump -d --no-show-raw-insn "$SHIM")
}

@test "thread-local storage of our own is at most 512 bytes: small stacks pay for it" {
  ours=$(readelf -sW "$SHIM" | awk '$4 == "TLS" && $8 !~ /^je_/ && !seen[$2]++ { n++; sum += $3 } END { print n, sum }')
  echo "variables, bytes: $ours"
  ((${ours% *} > 0 && ${ours#* } <= 512))
}

# What stands in .preinit_array runs before libc's own start: it finds no environ.
@test "options are read in a malloc before libc has set environ" {
  gcc -D_GNU_SOURCE -O1 -fno-builtin -o early -x c - <<<'
    #include <stdlib.h>
    #include <unistd.h>
    static int before;
    static void early(void) { before = environ == NULL; free(malloc(100)); }
    __attribute__((section(".preinit_array"), used)) static void (*const run)(void) = early;
    int main(void) { return before ? 7 : 8; }'
  run_shim ARENASHIM_VERBOSE=1 ARENASHIM_BLOCK_SIZE=128K ./early
  expect '$status == 7'
  expect '$stderr == *ARENASHIM_BLOCK_SIZE=128K*'
}

@test "no descriptor of ours goes to a program that is executed" {
  run sh -c 'exec /bin/ls /proc/self/fd'
  expect_ok
  plain=$output
  run_shim ARENASHIM_STATS=stderr ARENASHIM_CHILDREN=off sh -c 'exec /bin/ls /proc/self/fd'
  expect_ok
  expect '$output == "$plain"'
}

@test "ld.so has no complaint, even with LD_BIND_NOW and LD_WARN" {
  run --separate-stderr env LD_WARN=1 LD_BIND_NOW=1 LD_PRELOAD="$SHIM" "$BIN/contract" sizes
  expect_ok
  expect '-z $stderr'
}
