/* Every page jemalloc has, in a bitmap of two levels.
 *
 *   address  46 ........ 30 | 29 .................. 12 | 11 ... 0
 *            directory slot | bit of that GiB's leaf   | in page
 *
 * A leaf is 32 KiB for one GiB of addresses, mapped when jemalloc first maps something there;
 * all other slots stand for one leaf of zeros.  If a leaf cannot be had the slot points to a
 * leaf of ones: then a stray pointer is not recognized, and
 * nothing that is right is refused.
 *
 * errno survives these functions: jemalloc calls them in the middle of frees and of
 * allocations that succeed in another way.
 */
#include "large.h"
#include "large_thread.h"
#include "../arena/os.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

enum {
  PAGE_SHIFT = 12,
  LEAF_SHIFT = 30,
  LEAF_WORDS = (1 << (LEAF_SHIFT - PAGE_SHIFT)) / 64,
  SLOTS = 1 << (ADDRESS_BITS - LEAF_SHIFT)
};

static_assert(1 << PAGE_SHIFT == PAGE_BYTES, "one bit a page");

typedef _Atomic uint64_t leaf[LEAF_WORDS];

static leaf nothing; /* never written */
static leaf everything;
static _Atomic(_Atomic uint64_t *) directory[SLOTS];
static _Atomic uint64_t mapped, table_bytes;
hidden _Atomic bool large_table_partial;

static _Atomic uint64_t *leaf_of(uintptr_t a) {
  _Atomic uint64_t *l = atomic_load_explicit(&directory[a >> LEAF_SHIFT], memory_order_acquire);
  return l != NULL ? l : nothing;
}

bool large_holds(const void *p) {
  uintptr_t a = (uintptr_t)p;
  if (a >> ADDRESS_BITS != 0)
    return false;
  size_t page = a % (UINT64_C(1) << LEAF_SHIFT) / PAGE_BYTES;
  return atomic_load_explicit(&leaf_of(a)[page / 64], memory_order_relaxed) >> page % 64 & 1;
}

static _Atomic uint64_t *leaf_make(uintptr_t a) {
  _Atomic(_Atomic uint64_t *) *slot = &directory[a >> LEAF_SHIFT];
  _Atomic uint64_t *l = atomic_load(slot);
  if (l != NULL)
    return l;
  _Atomic uint64_t *fresh = os_map(sizeof(leaf));
  if (fresh == NULL) {
    large_table_partial = true;
    memset((void *)everything, 0xff, sizeof everything);
    fresh = everything;
  }
  if (atomic_compare_exchange_strong(slot, &l, fresh)) {
    if (fresh != everything)
      atomic_fetch_add(&table_bytes, sizeof(leaf));
    return fresh;
  }
  if (fresh != everything) /* another thread was first */
    os_unmap((void *)fresh, sizeof(leaf));
  return l;
}

/* Bits [from, from + n) of one word. */
static uint64_t word_mask(size_t from, size_t n) {
  return (n == 64 ? ~UINT64_C(0) : (UINT64_C(1) << n) - 1) << from;
}

static void mark_pages(uintptr_t a, size_t bytes, bool on) {
  uintptr_t end = a + bytes;
  while (a < end) {
    _Atomic uint64_t *l = leaf_make(a);
    size_t page = a % (UINT64_C(1) << LEAF_SHIFT) / PAGE_BYTES;
    size_t n = (end - a) / PAGE_BYTES;
    if (n > 64 - page % 64)
      n = 64 - page % 64;
    uint64_t bits = word_mask(page % 64, n);
    if (on)
      atomic_fetch_or_explicit(&l[page / 64], bits, memory_order_relaxed);
    else if (l != everything)
      atomic_fetch_and_explicit(&l[page / 64], ~bits, memory_order_relaxed);
    a += n * PAGE_BYTES;
  }
}

static void count_pages(int64_t bytes) {
  atomic_fetch_add_explicit(&mapped, (uint64_t)bytes, memory_order_relaxed);
  os_mapped_add(bytes);
}

uint64_t large_table_bytes(void) { return count_get(&table_bytes); }

uint64_t large_mapped_bytes(void) { return count_get(&mapped); }

/* jemalloc's start maps one page for a test, and crashes if it gets none: then it gets this one. */
static _Alignas(PAGE_BYTES) char spare_page[PAGE_BYTES];

/* Under these names jemalloc finds the system's calls (large.syms). */
hidden void *large_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset);
hidden int large_munmap(void *address, size_t bytes);
hidden int large_madvise(void *address, size_t bytes, int advice);
hidden int large_mprotect(void *address, size_t bytes, int prot);

void *large_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset) {
  int saved = errno;
  void *p = mmap(address, bytes, prot, flags, fd, offset);
  errno = saved;
  if (p == MAP_FAILED)
    large_thread_refused();
  if (p == MAP_FAILED && bytes == PAGE_BYTES && large_mapped_bytes() == 0)
    return spare_page;
  /* MAP_FIXED changes pages that are marked already: jemalloc commits and decommits so. */
  if (p != MAP_FAILED && !(flags & MAP_FIXED)) {
    mark_pages((uintptr_t)p, bytes, true);
    count_pages((int64_t)bytes);
  }
  return p;
}

int large_munmap(void *address, size_t bytes) {
  if (address == spare_page)
    return 0;
  int saved = errno;
  mark_pages((uintptr_t)address, bytes, false); /* before: the addresses may be reused at once */
  int failed = munmap(address, bytes);
  if (failed)
    mark_pages((uintptr_t)address, bytes, true);
  else {
    count_pages(-(int64_t)bytes);
    os_released_add(bytes);
  }
  errno = saved;
  return failed;
}

int large_madvise(void *address, size_t bytes, int advice) {
  int saved = errno;
  int failed = madvise(address, bytes, advice);
  if (!failed && (advice == MADV_DONTNEED || advice == MADV_FREE))
    os_released_add(bytes);
  errno = saved;
  return failed;
}

int large_mprotect(void *address, size_t bytes, int prot) {
  int saved = errno;
  int failed = mprotect(address, bytes, prot);
  errno = saved;
  return failed;
}
