/* jemalloc's calls to map memory, and the map of every page it has (picture in page_map.h).
 *
 * A leaf is 256 KiB for one GiB of addresses, mapped when jemalloc first maps something there; of
 * it one page is touched for 16 MiB.  If the system refuses the memory, the slot points to a leaf
 * in which jemalloc has every page: then an invalid pointer is not recognized, and no valid one
 * refused.
 *
 * These functions keep errno: jemalloc calls them in the middle of frees, and of requests that
 * succeed in another way.
 */
#include "page_map.h"
#include "jemalloc.h"
#include "os.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static page_kind_t full_leaf[LEAF_PAGES];
hidden _Atomic(page_kind_t *) page_map_directory[LEAF_SLOTS];
static _Atomic uint64_t mapped, table_bytes;
hidden _Atomic bool page_map_partial;

static page_kind_t *leaf_make(uintptr_t a) {
  _Atomic(page_kind_t *) *slot = &page_map_directory[a >> LEAF_SHIFT];
  page_kind_t *leaf = atomic_load(slot);
  if (leaf != NULL)
    return leaf;
  page_kind_t *fresh = os_map(LEAF_PAGES);
  if (fresh == NULL) {
    page_map_partial = true;
    memset((void *)full_leaf, PAGE_PLAIN, sizeof full_leaf);
    fresh = full_leaf;
  }
  if (atomic_compare_exchange_strong(slot, &leaf, fresh)) {
    if (fresh != full_leaf)
      atomic_fetch_add(&table_bytes, LEAF_PAGES);
    return fresh;
  }
  if (fresh != full_leaf) /* another thread was first */
    os_unmap((void *)fresh, LEAF_PAGES);
  return leaf;
}

/* No other thread writes these bytes of the map meanwhile: the pages are the caller's. */
static void mark_pages(uintptr_t a, size_t bytes, int kind) {
  uintptr_t end = a + bytes;
  while (a < end) {
    page_kind_t *leaf = leaf_make(a);
    size_t page = a / PAGE_BYTES % LEAF_PAGES, n = (end - a) / PAGE_BYTES;
    if (n > LEAF_PAGES - page)
      n = LEAF_PAGES - page;
    if (leaf != full_leaf)
      memset((void *)&leaf[page], kind, n);
    a += n * PAGE_BYTES;
  }
}

static bool is_jemallocs(unsigned kind) { return kind != PAGE_NONE && kind != PAGE_HUGE; }

bool page_map_run(uintptr_t at, uintptr_t *until) {
  bool first = is_jemallocs(page_kind((const void *)at));
  for (uintptr_t p = at; p < *until;) {
    size_t slot = p >> LEAF_SHIFT;
    bool none = slot >= LEAF_SLOTS || atomic_load(&page_map_directory[slot]) == NULL;
    if ((!none && is_jemallocs(page_kind((const void *)p))) != first) {
      *until = p;
      return first;
    }
    p = none ? (uintptr_t)(slot + 1) << LEAF_SHIFT : p + PAGE_BYTES;
  }
  return first;
}

/* The first object in memory that a hook of the program's gave to jemalloc ("arenas.create") may be
 * the first that is known of it. */
void page_map_mark(const void *p, unsigned kind) {
  uintptr_t a = (uintptr_t)p;
  page_kind_t *leaf = leaf_make(a);
  if (leaf != full_leaf)
    atomic_store_explicit(&leaf[a / PAGE_BYTES % LEAF_PAGES], (uint8_t)kind, memory_order_relaxed);
}

static void count_pages(int64_t bytes) {
  atomic_fetch_add_explicit(&mapped, (uint64_t)bytes, memory_order_relaxed);
  os_mapped_add(bytes);
}

uint64_t page_map_own_bytes(void) { return count_get(&table_bytes); }

uint64_t page_map_mapped_bytes(void) { return count_get(&mapped); }

/* jemalloc's start maps one page for a test, and crashes if it gets none: then it gets this one. */
static _Alignas(PAGE_BYTES) char start_page[PAGE_BYTES];

/* jemalloc's errno: it sets it also when a second try succeeds.  The program's own is set by the
 * slow paths of alloc/. */
hidden int *jemalloc_errno(void);
int *jemalloc_errno(void) {
  static __thread int jemallocs __attribute__((tls_model("initial-exec")));
  return &jemallocs;
}

/* Under these names jemalloc finds the system's calls (symbols.syms). */
hidden void *jemalloc_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset);
hidden int jemalloc_munmap(void *address, size_t bytes);
hidden int jemalloc_madvise(void *address, size_t bytes, int advice);
hidden int jemalloc_mprotect(void *address, size_t bytes, int prot);
hidden void *jemalloc_sbrk(intptr_t bytes);

/* The mapping that jemalloc got last in this thread, without what it gave back of its edges. */
static __thread struct {
  uintptr_t at;
  size_t bytes;
} newest __attribute__((tls_model("initial-exec")));

void *jemalloc_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset) {
  int saved = errno;
  void *p = mmap(address, bytes, prot, flags, fd, offset);
  errno = saved;
  if (p == MAP_FAILED && bytes == PAGE_BYTES && page_map_mapped_bytes() == 0)
    return start_page;
  /* MAP_FIXED changes pages that are marked already: jemalloc commits and decommits so. */
  if (p != MAP_FAILED && !(flags & MAP_FIXED)) {
    mark_pages((uintptr_t)p, bytes, PAGE_PLAIN);
    count_pages((int64_t)bytes);
    newest.at = (uintptr_t)p;
    newest.bytes = bytes;
  }
  return p;
}

static void trim_newest(uintptr_t a, size_t bytes) {
  if (a == newest.at)
    newest.at += bytes;
  else if (a + bytes != newest.at + newest.bytes)
    return;
  newest.bytes -= bytes <= newest.bytes ? bytes : newest.bytes;
}

/* jemalloc has given these pages up, whether or not the kernel unmaps them. */
static void forget_pages(uintptr_t a, size_t bytes) {
  int saved = errno;
  trim_newest(a, bytes);
  mark_pages(a, bytes, PAGE_NONE); /* before munmap: the addresses may be reused at once */
  bool gone = munmap((void *)a, bytes) == 0;
  atomic_fetch_sub_explicit(&mapped, bytes, memory_order_relaxed);
  if (gone) {
    os_mapped_add(-(int64_t)bytes);
    os_released_add(bytes);
  } else {
    os_stuck_add(bytes);
  }
  errno = saved;
}

/* Reports success also if munmap failed: jemalloc would print a line on stderr. */
int jemalloc_munmap(void *address, size_t bytes) {
  if (address == start_page)
    return 0;
  forget_pages((uintptr_t)address, bytes);
  return 0;
}

int jemalloc_madvise(void *address, size_t bytes, int advice) {
  int saved = errno;
  int failed = madvise(address, bytes, advice);
  if (!failed && (advice == MADV_DONTNEED || advice == MADV_FREE))
    os_released_add(bytes);
  errno = saved;
  return failed;
}

int jemalloc_mprotect(void *address, size_t bytes, int prot) {
  int saved = errno;
  int failed = mprotect(address, bytes, prot);
  errno = saved;
  return failed;
}

/* For MALLOC_CONF=dss:primary and dss:secondary, one thread at a time (jemalloc has a lock for it).
 * It asks where the break is, then for more, and takes what it gets only if no other code moved the
 * break in between; whole pages of it, which it never gives back.  The break is libc's, by a name
 * that no library wraps. */
void *libc_sbrk(intptr_t bytes);
__asm__(".symver libc_sbrk, __sbrk@" CPU_LIBC_VERSION);

void *jemalloc_sbrk(intptr_t bytes) {
  static void *asked;
  int saved = errno;
  void *p = libc_sbrk(bytes);
  errno = saved;
  if (bytes > 0 && p != (void *)-1 && p == asked) {
    uintptr_t begin = round_up((uintptr_t)p, PAGE_BYTES), end = (uintptr_t)p + (size_t)bytes;
    mark_pages(begin, end - begin, PAGE_PLAIN);
    count_pages((int64_t)(end - begin));
  }
  asked = bytes == 0 ? p : NULL;
  return p;
}

/* jemalloc enters a new extent into its own table, and forgets the mapping if that has no memory to
 * grow: it goes back.  The second word of its record is the address. */
struct extent;
hidden bool __real_je_emap_register_boundary(void *thread, void *map, struct extent *e,
                                             unsigned class, bool slab);
hidden bool __wrap_je_emap_register_boundary(void *thread, void *map, struct extent *e,
                                             unsigned class, bool slab);
bool __wrap_je_emap_register_boundary(void *thread, void *map, struct extent *e, unsigned class,
                                      bool slab) {
  uintptr_t at = newest.at;
  size_t bytes = newest.bytes;
  newest.bytes = 0; /* the table may be mapped now */
  bool failed = __real_je_emap_register_boundary(thread, map, e, class, slab);
  if (failed && bytes != 0 && ((const uintptr_t *)e)[1] == at)
    forget_pages(at, bytes);
  return failed;
}
