/* Time, read in the vDSO: without a system call, which a sandbox could forbid, and without libc's
 * functions (own_calls.h).
 *
 * The vDSO is a small library that the kernel maps into every process; its address stands in the
 * auxiliary vector.  Where it is missing (valgrind hides it) the system call is made.
 */
#include "own_calls.h"

#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

typedef long clock_function(clockid_t, struct timespec *);

static long by_system_call(clockid_t clock, struct timespec *to) {
  return cpu_syscall(SYS_clock_gettime, clock, (long)to, 0, 0, 0, 0);
}

/* ---- the vDSO's symbols ---- */

struct vdso {
  uintptr_t bias;
  const ElfW(Sym) * symbols;
  const char *names;
  const uint32_t *hash, *gnu_hash;
};

static void read_dynamic(struct vdso *v, const ElfW(Dyn) * d) {
  for (; d->d_tag != DT_NULL; d++) {
    const void *at = (const void *)(v->bias + d->d_un.d_ptr);
    switch (d->d_tag) {
    case DT_SYMTAB:
      v->symbols = at;
      break;
    case DT_STRTAB:
      v->names = at;
      break;
    case DT_HASH:
      v->hash = at;
      break;
    case DT_GNU_HASH:
      v->gnu_hash = at;
      break;
    default:
      break;
    }
  }
}

/* How many symbols there are, by DT_GNU_HASH, which has no count: the last symbol ends the chain of
 * the highest bucket. */
static uint32_t gnu_count(const uint32_t *table) {
  uint32_t buckets = table[0], first = table[1], last = 0;
  const uint32_t *bucket = table + 4 + table[2] * (sizeof(ElfW(Addr)) / sizeof *table);
  const uint32_t *chain = bucket + buckets;
  for (uint32_t i = 0; i < buckets; i++)
    last = bucket[i] > last ? bucket[i] : last;
  if (last < first)
    return 0;
  while (!(chain[last - first] & 1))
    last++;
  return last + 1;
}

static clock_function *find_clock(uintptr_t header) {
  const ElfW(Ehdr) *elf = (const ElfW(Ehdr) *)header;
  const ElfW(Phdr) *segment = (const ElfW(Phdr) *)(header + elf->e_phoff);
  const ElfW(Dyn) *dynamic = NULL;
  struct vdso v = {0};
  for (unsigned i = 0; i < elf->e_phnum; i++, segment++) {
    if (segment->p_type == PT_LOAD && v.bias == 0)
      v.bias = header + segment->p_offset - segment->p_vaddr;
    else if (segment->p_type == PT_DYNAMIC)
      dynamic = (const ElfW(Dyn) *)(header + segment->p_offset);
  }
  if (dynamic == NULL)
    return NULL;
  read_dynamic(&v, dynamic);
  uint32_t count = v.hash != NULL ? v.hash[1] : v.gnu_hash != NULL ? gnu_count(v.gnu_hash) : 0;
  for (uint32_t i = 0; v.symbols != NULL && v.names != NULL && i < count; i++)
    if (strcmp(v.names + v.symbols[i].st_name, "__vdso_clock_gettime") == 0)
      return (clock_function *)(v.bias + v.symbols[i].st_value);
  return NULL;
}

/* ---- libc's functions ---- */

static clock_function *find_once(void) {
  static _Atomic(clock_function *) found;
  clock_function *f = atomic_load_explicit(&found, memory_order_relaxed);
  if (likely(f != NULL))
    return f;
  uintptr_t header = own_auxiliary(AT_SYSINFO_EHDR);
  f = header != 0 ? find_clock(header) : NULL;
  if (f == NULL)
    f = by_system_call;
  atomic_store_explicit(&found, f, memory_order_relaxed);
  return f;
}

/* Good to some milliseconds, and read from memory alone. */
static clockid_t coarse(clockid_t clock) {
  return clock == CLOCK_MONOTONIC  ? CLOCK_MONOTONIC_COARSE
         : clock == CLOCK_REALTIME ? CLOCK_REALTIME_COARSE
                                   : clock;
}

int clock_gettime(clockid_t clock, struct timespec *to) {
  if (unlikely(own_clock_coarse))
    clock = coarse(clock);
  return (int)own_result(find_once()(clock, to));
}

int gettimeofday(struct timeval *restrict to, void *restrict zone) {
  struct timespec now = {0};
  (void)zone;
  clock_gettime(CLOCK_REALTIME, &now);
  *to = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

time_t time(time_t *to) {
  struct timespec now = {0};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  if (to != NULL)
    *to = now.tv_sec;
  return now.tv_sec;
}
