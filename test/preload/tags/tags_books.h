/* Own books of call sites, to be compared with the shim's: an oracle that knows nothing of
 * unwinding.
 *
 * The program is built with -finstrument-functions: each function tells where it was called from,
 * which gives a stack of return addresses beside the real one.  A request is made by
 *
 *     struct object o = NEW(malloc(n), n);        DROP(o, free(o.p));
 *
 * and entered into a book by its path: the return address of the request itself, which still lies
 * below the stack pointer when it has returned, and the shadow stack.  books_compare then demands
 * of every path whose innermost address lies in the program that its counts equal those of the book
 * of the same path, and that no book is left over.
 *
 * With FRAMES defined all functions have frame pointers, and an inlined function (same frame as the
 * one before) adds nothing to the stack, as it adds no return address.
 */
#pragma once
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>

#define PLAIN __attribute__((no_instrument_function))

enum { SHADOW_MAX = 512, DEPTH_MOST = 64, KEY_MAX = 96, BOOKS_MAX = 1 << 16 };

struct shadow {
  struct {
    void *frame;
    uintptr_t site;
    int inlined;
  } at[SHADOW_MAX];
  int depth;
  int loose; /* what stands above is not ours to know */
};
/* Mapped: a small stack has no room for it. */
static __thread struct shadow *shadow_own;
static inline __attribute__((no_instrument_function)) struct shadow *shadow_get(void) {
  if (shadow_own == NULL)
    shadow_own = (struct shadow *)mmap(NULL, sizeof *shadow_own, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return shadow_own;
}
#define the_shadow (*shadow_get())

struct key {
  int length, loose;
  uintptr_t site[KEY_MAX]; /* innermost first, as in the shim's paths */
};

struct book {
  struct key key;
  int seen; /* by the comparison */
  uint64_t allocs, frees, bytes, live_bytes, live_rounded, smallest, largest;
};

struct object {
  void *p;
  size_t n, cell;
  struct book *book;
};

static struct {
  pthread_spinlock_t lock;
  int used;
  struct book *book;
  unsigned depth; /* of the shim's paths */
  int wrong;
  uintptr_t start, end; /* the program */
  uint64_t sum_allocs, sum_frees, sum_live, sum_cells, paths;
} books;

#ifdef __cplusplus
extern "C" {
#endif
PLAIN __attribute__((noinline)) void __cyg_profile_func_enter(void *function, void *site) {
  (void)function;
  struct shadow *s = &the_shadow;
  void *frame = *(void **)__builtin_frame_address(0);
  CHECK(s->depth < SHADOW_MAX, "a shadow stack of %d expected to be enough", SHADOW_MAX);
  s->at[s->depth].frame = frame;
  s->at[s->depth].site = (uintptr_t)site;
#ifdef FRAMES
  s->at[s->depth].inlined = s->depth > 0 && s->at[s->depth - 1].frame == frame;
#endif
  s->depth++;
}
PLAIN __attribute__((noinline)) void __cyg_profile_func_exit(void *function, void *site) {
  (void)function, (void)site;
  the_shadow.depth--;
}
#ifdef __cplusplus
}
#endif

/* Is the path cut after these frames?  Of the most frames, at the next that may end it. */
PLAIN static int key_ends(const struct key *k) {
  if (k->length < (int)books.depth || books.depth < DEPTH_MOST)
    return k->length == (int)books.depth;
  return k->length == KEY_MAX || k->site[k->length - 1] % 4096 * 0x9e5 % 4096 < 512;
}

PLAIN static void shadow_key(struct key *k, uintptr_t ra) {
  memset(k, 0, sizeof *k);
  k->site[k->length++] = ra;
  k->loose = the_shadow.loose;
  for (int i = the_shadow.depth; i-- > 0 && !key_ends(k);)
    if (!the_shadow.at[i].inlined)
      k->site[k->length++] = the_shadow.at[i].site;
}

PLAIN static struct book *book_of(const struct key *k) {
  uint64_t h = 0;
  for (int i = 0; i < k->length; i++)
    h = (h ^ k->site[i]) * 0x9e3779b97f4a7c15u;
  for (size_t i = (size_t)(h ^ h >> 29);; i++) {
    struct book *b = &books.book[i % BOOKS_MAX];
    if (b->key.length == 0) {
      CHECK(++books.used < BOOKS_MAX / 2, "so many books not expected");
      b->key = *k;
      b->smallest = UINT64_MAX;
      return b;
    }
    if (memcmp(&b->key, k, sizeof *k) == 0)
      return b;
  }
}

PLAIN static struct object book_add(void *p, uintptr_t ra, size_t n) {
  struct key k;
  struct object o;
  CHECK(p != NULL, "%zu bytes refused", n);
  shadow_key(&k, ra);
  o.p = p;
  o.n = n;
  o.cell = malloc_usable_size(p);
  pthread_spin_lock(&books.lock);
  struct book *b = o.book = book_of(&k);
  b->allocs++;
  b->bytes += n;
  b->live_bytes += n;
  b->live_rounded += o.cell;
  b->smallest = n < b->smallest ? n : b->smallest;
  b->largest = n > b->largest ? n : b->largest;
  pthread_spin_unlock(&books.lock);
  return o;
}

PLAIN static void book_drop(const struct object *o) {
  pthread_spin_lock(&books.lock);
  o->book->frees++;
  o->book->live_bytes -= o->n;
  o->book->live_rounded -= o->cell;
  pthread_spin_unlock(&books.lock);
}

#define NEW(request, bytes)                                                                        \
  __extension__({                                                                                  \
    void *p_ = request;                                                                            \
    uintptr_t ra_;                                                                                 \
    __asm__ volatile("mov -8(%%rsp), %1" : "+r"(p_), "=r"(ra_)::"memory");                         \
    book_add(p_, ra_, bytes);                                                                      \
  })
#define DROP(o, freeing)                                                                           \
  do {                                                                                             \
    book_drop(&(o));                                                                               \
    freeing;                                                                                       \
  } while (0)

PLAIN static int books_program(struct dl_phdr_info *info, size_t bytes, void *argument) {
  (void)bytes, (void)argument;
  books.start = UINTPTR_MAX;
  for (int i = 0; i < info->dlpi_phnum; i++)
    if (info->dlpi_phdr[i].p_type == PT_LOAD) {
      uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
      uintptr_t end = start + info->dlpi_phdr[i].p_memsz;
      books.start = start < books.start ? start : books.start;
      books.end = end > books.end ? end : books.end;
    }
  return 1;
}

/* depth: N of ARENASHIM_TAG=stack:N. */
PLAIN static void books_open(unsigned depth) {
  CHECK(arenashim_sites, "the shim expected to be there");
  books.depth = depth;
  pthread_spin_init(&books.lock, 0);
  books.book = (struct book *)mmap(NULL, BOOKS_MAX * sizeof *books.book, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  dl_iterate_phdr(books_program, NULL);
}

/* Is this path that book's?  Above the shadow stack stand libc's frames. */
PLAIN static int book_is(const struct book *b, const struct arenashim_site *s) {
  if (b->key.length == 0 || (size_t)b->key.length > s->frames ||
      (!b->key.loose && s->frames > (size_t)b->key.length + 3))
    return 0;
  return memcmp(b->key.site, s->path, (size_t)b->key.length * sizeof *s->path) == 0;
}

PLAIN static struct book *book_find(const struct arenashim_site *s) {
  for (int i = 0; i < BOOKS_MAX; i++)
    if (book_is(&books.book[i], s))
      return &books.book[i];
  return NULL;
}

PLAIN static void books_wrong(const char *what, const struct arenashim_site *s, uint64_t expected,
                              uint64_t found) {
  if (books.wrong++ >= 8)
    return;
  fprintf(stderr, "%s: expected %llu, found %llu, at", what, (unsigned long long)expected,
          (unsigned long long)found);
  for (size_t i = 0; s != NULL && i < s->frames; i++)
    fprintf(stderr, " %#lx", (unsigned long)((uintptr_t)s->path[i] - books.start));
  fputc('\n', stderr);
}

#define SAME(field)                                                                                \
  if (b->field != s->field)                                                                        \
  books_wrong(#field, s, b->field, s->field)

PLAIN static void books_visit(const struct arenashim_site *s, void *argument) {
  (void)argument;
  books.sum_allocs += s->allocs;
  books.sum_frees += s->frees;
  books.sum_live += s->live_bytes;
  books.sum_cells += s->live_rounded;
  if (s->frames == 0 || (uintptr_t)s->path[0] - books.start >= books.end - books.start)
    return; /* libc's */
  books.paths++;
  struct book *b = book_find(s);
  if (b == NULL || b->seen++) {
    books_wrong(b == NULL ? "a path that the program did not take" : "a path seen twice", s, 0,
                s->allocs);
    return;
  }
  SAME(allocs);
  SAME(frees);
  SAME(bytes);
  SAME(live_bytes);
  if (b->live_rounded != s->live_rounded)
    books_wrong("live_rounded", s, b->live_rounded, s->live_rounded);
  SAME(smallest);
  SAME(largest);
}

/* Everything equal: 0; else what was not is told on stderr.  Other threads must be quiet. */
PLAIN static int books_compare(const char *when) {
  books.sum_allocs = books.sum_frees = books.sum_live = books.sum_cells = books.paths = 0;
  struct arenashim_totals t;
  memset(&t, 0, sizeof t);
  t.size = sizeof t;
  arenashim_totals(&t);
  arenashim_sites(books_visit, NULL);
  for (int i = 0; i < BOOKS_MAX; i++) {
    struct book *b = &books.book[i];
    if (b->key.length != 0 && b->allocs > 0 && !b->seen && books.wrong++ < 8)
      fprintf(stderr, "%llu requests at %#lx of a path that the shim doesn't have\n",
              (unsigned long long)b->allocs, (unsigned long)(b->key.site[0] - books.start));
    b->seen = 0;
  }
  if (t.allocs != books.sum_allocs)
    books_wrong("allocs of all sites", NULL, t.allocs, books.sum_allocs);
  if (t.frees != books.sum_frees)
    books_wrong("frees of all sites", NULL, t.frees, books.sum_frees);
  if (t.live_bytes != books.sum_live)
    books_wrong("live bytes of all sites", NULL, t.live_bytes, books.sum_live);
  if (t.different != 0)
    books_wrong("paths that libunwind sees otherwise", NULL, 0, t.different);
  if (books.wrong)
    fprintf(stderr, "%s: %d wrong\n", when, books.wrong);
  return books.wrong != 0;
}

/* In the child of a fork: what is alive counts as allocated. */
PLAIN __attribute__((unused)) static void books_forked(void) {
  for (int i = 0; i < BOOKS_MAX; i++) {
    struct book *b = &books.book[i];
    b->allocs -= b->frees;
    b->frees = 0;
    b->bytes = b->live_bytes;
  }
}
