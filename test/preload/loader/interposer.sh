#!/bin/bash
# Builds a library that wraps every function of libc that the shim calls or has one of its own for, as
# other preloaded libraries do: each wrapper finds the real one by dlsym at its first call, and allocates.
# Usage: test/preload/loader/interposer.sh SHIM OBJECTS OUT.so
#   OBJECTS  the directory with the shim's own_*.o, whose functions bear libc's names
# With INTERPOSER_SAYS=1 the library names at exit, on stderr, every function that was called from inside
# an allocation of its own.
set -eu
shim=$1 objects=$2 out=$3

mapfile -t names < <({
  nm -D --undefined-only "$shim" | awk '$1 == "U" { sub(/@.*/, "", $2); print $2 }'
  nm --defined-only "$objects"/own_*.o | awk '$2 == "T" { sub(/^__wrap_/, "", $3); print $3 }'
} | sort -u | grep -vE '^(own_|libc_|_ITM_|_Unwind_|__cxa_finalize|__gmon_start__|(__)?environ|__progname|_r_debug$|__libc_s|program_inv|dlvsym$|__sched_cpucount$|__pthread_)')

{
  cat <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
static __thread __attribute__((tls_model("initial-exec"))) volatile int inside;
static const char *const names[] = {
END
  printf '"%s",\n' "${names[@]}"
  cat <<'END'
};
enum { N = sizeof names / sizeof *names };
static void *real[N];
static char nested[N];
static int same(const char *a, const char *b) { while (*a && *a == *b) a++, b++; return *a == *b; }
__attribute__((visibility("hidden"))) void *wrapped(long i) {
  if (!real[i]) {
    if (same(names[i], "dlsym")) real[i] = dlvsym(RTLD_NEXT, names[i], "GLIBC_2.2.5");
    else { void *(*look)(void *, const char *) = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5"); real[i] = look(RTLD_NEXT, names[i]); }
  }
  if (inside) nested[i] = 1;
  if (inside < 3) {
    inside++;
    void *volatile p = malloc(40); free(p);
    p = malloc(4000); free(p);
    p = malloc(200000); free(p);
    inside--;
  }
  return real[i];
}
__attribute__((destructor)) static void says(void) {
  if (!getenv("INTERPOSER_SAYS")) return;
  inside = 99;
  for (int i = 0; i < N; i++) if (nested[i]) { int n = 0; while (names[i][n]) n++; (void)!write(2, "nested: ", 8); (void)!write(2, names[i], n); (void)!write(2, "\n", 1); }
}
__asm__(".macro wrap name, i\n.globl \\name\n.type \\name, @function\n\\name:\n.cfi_startproc\n"
  "push %rdi\npush %rsi\npush %rdx\npush %rcx\npush %r8\npush %r9\npush %rax\n.cfi_adjust_cfa_offset 56\nsub $128, %rsp\n.cfi_adjust_cfa_offset 128\n"
  "movups %xmm0, (%rsp)\nmovups %xmm1, 16(%rsp)\nmovups %xmm2, 32(%rsp)\nmovups %xmm3, 48(%rsp)\n"
  "mov $\\i, %edi\ncall wrapped\nmov %rax, %r11\n"
  "movups (%rsp), %xmm0\nmovups 16(%rsp), %xmm1\nmovups 32(%rsp), %xmm2\nmovups 48(%rsp), %xmm3\n"
  "add $128, %rsp\n.cfi_adjust_cfa_offset -128\npop %rax\npop %r9\npop %r8\npop %rcx\npop %rdx\npop %rsi\npop %rdi\n.cfi_adjust_cfa_offset -56\njmp *%r11\n.cfi_endproc\n.size \\name, . - \\name\n.endm\n"
END
  i=0
  for name in "${names[@]}"; do
    printf '"wrap %s, %d\\n"\n' "$name" $i
    i=$((i + 1))
  done
  echo ');'
} >"$out.c"
gcc -w -O1 -fno-builtin -fno-stack-protector -shared -fPIC -o "$out" "$out.c"
