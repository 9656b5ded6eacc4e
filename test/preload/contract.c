/* The malloc family, case by case: `contract` runs all cases, `contract NAME...` the named ones.
 * Where the shim must do better than others do, the case says so; all else also holds under glibc.
 */
#define _GNU_SOURCE
#include "check.h"
#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>

enum { SMALL_END = 1024, PAGE = 4096, MAX_ALIGN = 4 << 20 };

static unsigned char pattern[2 * SMALL_END];

/* Sizes no allocator may grant: the first two are above PTRDIFF_MAX, the last is below it but
 * beyond any address space. */
static const size_t too_big[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX - 10, SIZE_MAX, (size_t)1 << 60};

static bool under_shim(void) {
  Dl_info info;
  void *entry = dlsym(RTLD_DEFAULT, "malloc");
  return entry && dladdr(entry, &info) && strstr(info.dli_fname, "libarenashim");
}

/* An entry that glibc may lack, but the shim must have; NULL means: skip. */
static void *entry_of(const char *name) {
  void *entry = dlsym(RTLD_DEFAULT, name);
  CHECK(entry || !under_shim(), "%s expected to be exported, found missing", name);
  return entry;
}

static bool aligned_to(const void *p, size_t alignment) { return (uintptr_t)p % alignment == 0; }

static bool all_zero(const unsigned char *p, size_t n) {
  return n == 0 || (p[0] == 0 && memcmp(p, p + 1, n - 1) == 0);
}

static void fill(void *p, size_t n) { memcpy(p, pattern, n); }

static void check_filled(const void *p, size_t n, const char *after) {
  CHECK(memcmp(p, pattern, n) == 0, "%s: expected the first %zu bytes at %p kept, found changed",
        after, n, p);
}

/* ---- sizes ------------------------------------------------------------------------------- */

struct piece {
  uintptr_t start;
  size_t usable;
};

static int by_start(const void *a, const void *b) {
  const struct piece *x = a, *y = b;
  return x->start < y->start ? -1 : x->start > y->start;
}

/* All sizes, four of each alive together: aligned, large enough, writable to the last usable byte,
 * and disjoint. */
static void case_sizes(void) {
  enum { EACH = 4, COUNT = EACH * (SMALL_END + 1) };
  static struct piece pieces[COUNT];
  for (int i = 0; i < COUNT; i++) {
    size_t n = (size_t)i / EACH;
    char *p = must(malloc(n));
    CHECK(aligned_to(p, 16), "malloc(%zu) expected 16-byte alignment, found %p", n, (void *)p);
    pieces[i] = (struct piece){(uintptr_t)p, malloc_usable_size(p)};
    CHECK(pieces[i].usable >= n, "malloc_usable_size expected at least %zu, found %zu", n,
          pieces[i].usable);
    stamp(p, pieces[i].usable, (uintptr_t)p);
  }
  for (int i = 0; i < COUNT; i++)
    CHECK_STAMP((void *)pieces[i].start, pieces[i].usable, pieces[i].start);
  qsort(pieces, COUNT, sizeof *pieces, by_start);
  for (int i = 1; i < COUNT; i++) {
    /* malloc(0) may have no usable byte, and still needs an address of its own */
    size_t room = pieces[i - 1].usable ? pieces[i - 1].usable : 1;
    CHECK(pieces[i].start - pieces[i - 1].start >= room,
          "%p and %p expected disjoint, found overlap", (void *)pieces[i - 1].start,
          (void *)pieces[i].start);
  }
  for (int i = 0; i < COUNT; i++)
    free((void *)pieces[i].start);
}

/* What malloc_usable_size reports is the user's: realloc must carry all of it. */
static void case_usable(void) {
  for (size_t n = 0; n <= SMALL_END; n++)
    for (size_t to = 1; to <= 2 * SMALL_END; to += 61) {
      char *p = must(malloc(n));
      size_t usable = malloc_usable_size(p);
      stamp(p, usable, n);
      p = must(realloc(p, to));
      size_t kept = usable < to ? usable : to;
      /* the tail of a cut stamp may end inside a word: compare whole words only */
      CHECK_STAMP(p, kept == usable ? kept : kept / 8 * 8, n);
      free(p);
    }
  CHECK(malloc_usable_size(NULL) == 0, "malloc_usable_size(NULL) expected 0, found another");
}

/* ---- realloc ----------------------------------------------------------------------------- */

static void check_realloc_pair(size_t from, size_t to) {
  char *p = must(malloc(from));
  fill(p, from);
  p = must(realloc(p, to));
  CHECK(aligned_to(p, 16), "realloc(%zu -> %zu) expected 16-byte alignment, found %p", from, to,
        (void *)p);
  CHECK(malloc_usable_size(p) >= to, "realloc(%zu -> %zu) expected to hold that, found %zu", from,
        to, malloc_usable_size(p));
  check_filled(p, from < to ? from : to, "realloc");
  fill(p, to);
  free(p);
}

/* Every pair of sizes 0..1024, hence both ways across 511/512. */
static void case_realloc_pairs(void) {
  for (size_t from = 0; from <= SMALL_END; from++)
    for (size_t to = 1; to <= SMALL_END; to++)
      check_realloc_pair(from, to);
}

static void case_realloc_large(void) {
  static const size_t sizes[] = {1, 511, 512, 4096, 100000, 5 << 20, 511, 20 << 20, 16, 300000};
  uint64_t tag = 7;
  size_t held = 100;
  char *p = must(malloc(held));
  stamp(p, held, tag);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    p = must(realloc(p, sizes[i]));
    size_t kept = held < sizes[i] ? held : sizes[i];
    CHECK_STAMP(p, kept / 8 * 8, tag);
    held = sizes[i];
    stamp(p, held, ++tag);
  }
  free(p);
}

static void case_realloc_ends(void) {
  char *p = must(realloc(NULL, 100));
  fill(p, 100);
  free(p);
  p = must(realloc(NULL, 0));
  free(p);
  long before = 0;
  /* realloc(p, 0) frees: 200,000 rounds of a leak would show in the resident memory */
  for (int i = 0; i < 200000; i++) {
    if (i == 1000)
      before = resident_bytes();
    size_t n = i % 2 ? 400 : 1400;
    p = must(malloc(n));
    fill(p, n);
    CHECK(realloc(p, hide_size(0)) == NULL, "realloc(p, 0) expected NULL, found a pointer");
  }
  long grown = resident_bytes() - before;
  CHECK(grown < 8 << 20, "realloc(p, 0) expected to free, found %ld bytes more resident", grown);
}

/* A refused realloc gives NULL and ENOMEM and leaves the block as it was. */
static void case_realloc_refused(void) {
  static const size_t olds[] = {0, 1, 100, 511, 512, 1024, 5000, 1 << 20};
  for (size_t i = 0; i < sizeof olds / sizeof *olds; i++)
    for (size_t j = 0; j < sizeof too_big / sizeof *too_big; j++) {
      char *p = must(malloc(olds[i]));
      stamp(p, olds[i], 5);
      errno = 0;
      void *q = realloc(p, hide_size(too_big[j]));
      CHECK(!q && errno == ENOMEM, "realloc(%zu -> %zu) expected NULL/ENOMEM, found %p/%d", olds[i],
            too_big[j], q, errno);
      errno = 0;
      q = reallocarray(p, hide_size(SIZE_MAX / 4), 8);
      CHECK(!q && errno == ENOMEM, "reallocarray overflow expected NULL/ENOMEM, found %p/%d", q,
            errno);
      CHECK_STAMP(p, olds[i], 5);
      free(p);
    }
}

/* ---- calloc ------------------------------------------------------------------------------ */

/* Dirty cells of every size go back first, so that calloc meets reused memory. */
static void case_calloc_zero(void) {
  for (size_t n = 0; n <= 2 * SMALL_END; n++) {
    void *held[8];
    for (int i = 0; i < 8; i++) {
      held[i] = must(malloc(n));
      memset(held[i], 0xa5, malloc_usable_size(held[i]));
    }
    for (int i = 0; i < 8; i++)
      free(held[i]);
    for (int i = 0; i < 8; i++) {
      held[i] = must(i % 2 ? calloc(1, n) : calloc(n, 1));
      CHECK(aligned_to(held[i], 16), "calloc(%zu) expected 16-byte alignment, found %p", n,
            held[i]);
      CHECK(all_zero(held[i], n), "calloc(%zu) expected zeroes, found others", n);
      memset(held[i], 0x5a, n);
    }
    for (int i = 0; i < 8; i++)
      free(held[i]);
  }
  for (size_t count = 1; count < 40; count++)
    for (size_t size = 0; size < 300; size++) {
      unsigned char *p = must(calloc(count, size));
      CHECK(all_zero(p, count * size), "calloc(%zu, %zu) expected zeroes, found others", count,
            size);
      memset(p, 0x77, count * size);
      free(p);
    }
}

static void case_calloc_overflow(void) {
  static const size_t pairs[][2] = {{SIZE_MAX, 2},           {2, SIZE_MAX},
                                    {SIZE_MAX, SIZE_MAX},    {(size_t)1 << 32, (size_t)1 << 32},
                                    {SIZE_MAX / 16 + 1, 16}, {((size_t)1 << 63) + 1, 2},
                                    {3, SIZE_MAX / 3 + 100}};
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    size_t a = hide_size(pairs[i][0]), b = hide_size(pairs[i][1]);
    errno = 0;
    void *p = calloc(a, b);
    CHECK(!p && errno == ENOMEM, "calloc(%zu, %zu) expected NULL/ENOMEM, found %p/%d", a, b, p,
          errno);
    errno = 0;
    p = reallocarray(NULL, a, b);
    CHECK(!p && errno == ENOMEM, "reallocarray(%zu, %zu) expected NULL/ENOMEM, found %p/%d", a, b,
          p, errno);
  }
  char *p = must(reallocarray(NULL, 7, 30));
  fill(p, 210);
  p = must(reallocarray(p, 100, 30));
  check_filled(p, 210, "reallocarray");
  free(p);
}

/* ---- refusal: above PTRDIFF_MAX in every entry --------------------------------------------- */

static void check_refused(void *p, const char *entry, size_t n) {
  CHECK(!p && errno == ENOMEM, "%s(%zu) expected NULL/ENOMEM, found %p/%d", entry, n, p, errno);
  errno = 0;
}

static void case_too_big(void) {
  for (size_t i = 0; i < sizeof too_big / sizeof *too_big; i++) {
    size_t n = hide_size(too_big[i]);
    errno = 0;
    check_refused(malloc(n), "malloc", n);
    check_refused(calloc(1, n), "calloc(1, n)", n);
    check_refused(calloc(n, 1), "calloc(n, 1)", n);
    check_refused(realloc(NULL, n), "realloc(NULL)", n);
    check_refused(reallocarray(NULL, n, 1), "reallocarray", n);
    check_refused(valloc(n), "valloc", n);
    check_refused(pvalloc(n), "pvalloc", n);
    for (size_t a = 1; a <= MAX_ALIGN; a *= 2) {
      check_refused(memalign(a, n), "memalign", n);
      check_refused(aligned_alloc(a, n), "aligned_alloc", n);
      void *kept = &kept;
      int error = a < sizeof(void *) ? ENOMEM : posix_memalign(&kept, a, n);
      CHECK(error == ENOMEM && kept == &kept,
            "posix_memalign(%zu, %zu) expected ENOMEM and its pointer alone, found %d, %p", a, n,
            error, kept);
    }
  }
}

/* Sums of size and alignment that wrap must not become small requests. */
static void case_alignment_overflow(void) {
  static const size_t sizes[] = {0, 1, 100, 511, 5000, PTRDIFF_MAX, SIZE_MAX - 10};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (int shift = 61; shift <= 63; shift++) {
      size_t a = hide_size((size_t)1 << shift), n = hide_size(sizes[i]);
      errno = 0;
      void *p = memalign(a, n);
      CHECK(!p && (errno == ENOMEM || errno == EINVAL),
            "memalign(1 << %d, %zu) expected NULL/ENOMEM, found %p/%d", shift, n, p, errno);
      void *kept = &kept;
      int error = posix_memalign(&kept, a, n);
      CHECK(error == ENOMEM && kept == &kept,
            "posix_memalign(1 << %d, %zu) expected ENOMEM, found %d", shift, n, error);
    }
  for (size_t back = 0; back <= 2 * PAGE; back += 10) {
    size_t n = hide_size(SIZE_MAX - back);
    errno = 0;
    check_refused(pvalloc(n), "pvalloc", n);
    check_refused(valloc(n), "valloc", n);
    check_refused(memalign(PAGE, n), "memalign", n);
  }
}

/* ---- aligned blocks ---------------------------------------------------------------------- */

static void case_posix_memalign_invalid(void) {
  static const size_t bad[] = {
      0, 1, 2, 3, 4, 6, 7, 24, 40, 4095, 4097, SIZE_MAX, ((size_t)1 << 63) + 8};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    void *kept = &kept;
    int error = posix_memalign(&kept, hide_size(bad[i]), 100);
    CHECK(error == EINVAL, "posix_memalign(%zu) expected EINVAL, found %d", bad[i], error);
    CHECK(kept == &kept, "posix_memalign(%zu) expected *memptr alone, found %p", bad[i], kept);
  }
}

/* One aligned block: aligned, sized, writable to the end, carried by realloc, accepted by free. */
static void check_aligned(void *p, size_t alignment, size_t n, bool move) {
  must(p);
  CHECK(aligned_to(p, alignment), "alignment %zu of %zu bytes expected, found %p", alignment, n, p);
  size_t usable = malloc_usable_size(p);
  CHECK(usable >= n, "malloc_usable_size of an aligned block expected at least %zu, found %zu", n,
        usable);
  stamp(p, usable, alignment);
  CHECK_STAMP(p, usable, alignment);
  if (move) {
    p = must(realloc(p, n + 300));
    CHECK_STAMP(p, n / 8 * 8, alignment);
  }
  free(p);
}

static void check_all_aligned(size_t alignment, size_t n, bool move) {
  check_aligned(memalign(alignment, n), alignment, n, move);
  check_aligned(aligned_alloc(alignment, n), alignment, n, move);
  void *p = NULL;
  if (alignment >= sizeof(void *)) {
    int error = posix_memalign(&p, alignment, n);
    CHECK(error == 0, "posix_memalign(%zu, %zu) expected 0, found %d", alignment, n, error);
    check_aligned(p, alignment, n, move);
  }
}

/* Alignments up to 1024 with all sizes 0..1024; those up to 4 MiB with sizes around every edge. */
static void case_alignments(void) {
  static const size_t sizes[] = {0,   1,   16,   17,   255,  256,   257,   511,
                                 512, 513, 4095, 4096, 4097, 65536, 300001};
  for (size_t a = 1; a <= 1024; a *= 2)
    for (size_t n = 0; n <= SMALL_END; n++)
      check_all_aligned(a, n, n % 3 == 0);
  for (size_t a = 1; a <= MAX_ALIGN; a *= 2)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      check_all_aligned(a, sizes[i], true);
}

/* Aligned blocks alive side by side do not overlap: carving a cell inside a cell would. */
static void case_aligned_together(void) {
  enum { COUNT = 4000 };
  static void *held[COUNT];
  static size_t sizes[COUNT];
  uint64_t rng = 3;
  for (int round = 0; round < 20; round++)
    for (int i = 0; i < COUNT; i++) {
      if (held[i]) {
        CHECK_STAMP(held[i], sizes[i], (uintptr_t)held[i]);
        free(held[i]);
      }
      size_t a = (size_t)1 << rng_below(&rng, 11);
      sizes[i] = rng_below(&rng, 600);
      held[i] = must(memalign(a, sizes[i]));
      CHECK(aligned_to(held[i], a), "memalign(%zu, %zu) expected aligned, found %p", a, sizes[i],
            held[i]);
      sizes[i] = malloc_usable_size(held[i]);
      stamp(held[i], sizes[i], (uintptr_t)held[i]);
    }
  for (int i = 0; i < COUNT; i++) {
    CHECK_STAMP(held[i], sizes[i], (uintptr_t)held[i]);
    free(held[i]);
    held[i] = NULL;
  }
}

/* glibc 2.36: memalign and aligned_alloc round a crooked alignment up to a power of two. */
static void case_crooked_alignment(void) {
  static const size_t crooked[] = {0, 3, 5, 24, 48, 100, 200, 500, 513, 3000, 5000, 100000};
  for (size_t i = 0; i < sizeof crooked / sizeof *crooked; i++)
    for (size_t n = 0; n <= SMALL_END; n += 73) {
      size_t up = 1;
      while (up < crooked[i])
        up *= 2;
      check_aligned(memalign(hide_size(crooked[i]), n), up, n, false);
      check_aligned(aligned_alloc(hide_size(crooked[i]), n), up, n, false);
    }
  errno = 0;
  void *p = memalign(hide_size(((size_t)1 << 63) + 1), 100);
  CHECK(!p && errno == EINVAL,
        "memalign beyond the largest power of two expected NULL/EINVAL, found %p/%d", p, errno);
}

static void case_page_aligned(void) {
  for (size_t n = 0; n <= 3 * PAGE; n += 97) {
    check_aligned(valloc(n), PAGE, n, true);
    void *p = must(pvalloc(n));
    size_t whole = (n + PAGE - 1) / PAGE * PAGE;
    CHECK(malloc_usable_size(p) >= whole, "pvalloc(%zu) expected %zu usable bytes, found %zu", n,
          whole, malloc_usable_size(p));
    check_aligned(p, PAGE, n, true);
  }
}

/* ---- errno, free and its kin --------------------------------------------------------------- */

static void case_errno(void) {
  static const size_t sizes[] = {0, 1, 100, 511, 512, 5000, 100000, 3 << 20, 40 << 20};
  for (int round = 0; round < 300; round++)
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      if (sizes[i] > 100000 && round % 60)
        continue; /* huge blocks cost the kernel's time, and a few rounds show all they can */
      errno = 4711;
      void *p = must(malloc(sizes[i]));
      CHECK(errno == 4711, "malloc(%zu) expected to keep errno, found %d", sizes[i], errno);
      p = must(realloc(p, sizes[i] + 1));
      CHECK(errno == 4711, "realloc(%zu) expected to keep errno, found %d", sizes[i], errno);
      free(p);
      CHECK(errno == 4711, "free of %zu bytes expected to keep errno, found %d", sizes[i], errno);
      free(must(calloc(1, sizes[i])));
      CHECK(errno == 4711, "calloc and free of %zu bytes expected to keep errno, found %d",
            sizes[i], errno);
    }
  free(NULL);
  CHECK(errno == 4711, "free(NULL) expected to keep errno, found %d", errno);
}

static void case_free_kin(void) {
  void (*cfree_)(void *) = entry_of("cfree");
  void (*free_sized_)(void *, size_t) = entry_of("free_sized");
  void (*free_aligned_sized_)(void *, size_t, size_t) = entry_of("free_aligned_sized");
  for (size_t n = 0; n <= SMALL_END; n++) {
    if (cfree_)
      cfree_(must(malloc(n)));
    if (free_sized_) {
      free_sized_(must(malloc(n)), n);
      free_sized_(must(calloc(1, n)), n);
    }
    if (free_aligned_sized_)
      for (size_t a = 1; a <= 8192; a *= 2)
        free_aligned_sized_(must(aligned_alloc(a, n)), a, n);
  }
  if (cfree_)
    cfree_(NULL);
  if (free_sized_)
    free_sized_(NULL, 100);
  if (free_aligned_sized_)
    free_aligned_sized_(NULL, 64, 100);
}

/* The __libc_ names take each other's blocks and those of the plain names. */
static void case_aliases(void) {
  void *(*malloc_)(size_t) = entry_of("__libc_malloc");
  void *(*calloc_)(size_t, size_t) = entry_of("__libc_calloc");
  void *(*realloc_)(void *, size_t) = entry_of("__libc_realloc");
  void *(*memalign_)(size_t, size_t) = entry_of("__libc_memalign");
  void *(*valloc_)(size_t) = entry_of("__libc_valloc");
  void *(*pvalloc_)(size_t) = entry_of("__libc_pvalloc");
  void (*free_)(void *) = entry_of("__libc_free");
  int (*posix_memalign_)(void **, size_t, size_t) = entry_of("__posix_memalign");
  for (size_t n = 0; n <= SMALL_END; n++) {
    void *made[] = {malloc_(n),         calloc_(1, n),   realloc_(NULL, n), memalign_(64, n),
                    memalign_(8192, n), valloc_(n),      pvalloc_(n),       malloc(n),
                    memalign(256, n),   realloc(NULL, n)};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
      stamp(must(made[i]), n, i);
      void *p = i % 2 ? realloc_(made[i], n + 40) : realloc(made[i], n + 40);
      CHECK_STAMP(must(p), n / 8 * 8, i);
      (i % 3 ? free : free_)(p);
    }
    void *p = NULL;
    if (posix_memalign_ && posix_memalign_(&p, 128, n) == 0)
      free(p);
  }
}

static void case_mallopt(void) {
  static const int known[] = {M_MXFAST,         M_TRIM_THRESHOLD, M_TOP_PAD,
                              M_MMAP_THRESHOLD, M_MMAP_MAX,       M_CHECK_ACTION,
                              M_PERTURB,        M_ARENA_TEST,     M_ARENA_MAX};
  static const int values[] = {64, 1 << 20, 1 << 17, 1 << 17, 1000, 3, 0, 8, 8};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    CHECK(mallopt(known[i], values[i]) == 1, "mallopt(%d) expected 1, found another", known[i]);
}

/* Reports of other interfaces: callable, and of the documented shape. */
static void case_statistics(void) {
  free(must(malloc(100)));
  int trimmed = malloc_trim(0);
  CHECK(trimmed == 0 || trimmed == 1, "malloc_trim expected 0 or 1, found %d", trimmed);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  struct mallinfo old = mallinfo();
#pragma GCC diagnostic pop
  struct mallinfo2 info = mallinfo2();
  CHECK(old.arena >= 0 && info.uordblks <= (size_t)1 << 46,
        "mallinfo expected sane, found %zu bytes in use", info.uordblks);
  char *text = NULL;
  size_t len = 0;
  FILE *f = open_memstream(&text, &len);
  int error = malloc_info(0, f);
  fclose(f);
  CHECK(error == 0, "malloc_info expected 0, found %d", error);
  CHECK(strncmp(text, "<malloc", 7) == 0 && strstr(text, "</malloc>"),
        "malloc_info expected <malloc ...>...</malloc>, found \"%.40s\"", text);
  free(text);
  int saved = dup(2), null = open("/dev/null", O_WRONLY);
  dup2(null, 2);
  malloc_stats();
  dup2(saved, 2);
  close(saved);
  close(null);
}

/* ---- jemalloc's own interface: whose block it is, the address tells ----------------------------
 */

#define MALLOCX_LG_ALIGN(lg) (lg)
#define MALLOCX_ZERO         0x40

static void case_jemalloc_api(void) {
  void *(*mallocx)(size_t, int) = entry_of("mallocx");
  void *(*rallocx)(void *, size_t, int) = entry_of("rallocx");
  size_t (*xallocx)(void *, size_t, size_t, int) = entry_of("xallocx");
  size_t (*sallocx)(const void *, int) = entry_of("sallocx");
  void (*dallocx)(void *, int) = entry_of("dallocx");
  void (*sdallocx)(void *, size_t, int) = entry_of("sdallocx");
  size_t (*nallocx)(size_t, int) = entry_of("nallocx");
  int (*mallctl)(const char *, void *, size_t *, void *, size_t) = entry_of("mallctl");
  int (*nametomib)(const char *, size_t *, size_t *) = entry_of("mallctlnametomib");
  int (*bymib)(const size_t *, size_t, void *, size_t *, void *, size_t) = entry_of("mallctlbymib");
  if (!mallocx)
    return;
  for (size_t n = 1; n <= 6000; n += n < SMALL_END ? 1 : 499) {
    void *made[] = {malloc(n), mallocx(n, 0), mallocx(n, MALLOCX_LG_ALIGN(8)), memalign(256, n)};
    for (int way = 0; way < 16; way++) {
      void *p = must(way / 4 == 0 ? made[way % 4] : way % 4 < 2 ? malloc(n) : mallocx(n, 0));
      size_t real = sallocx(p, 0);
      CHECK(real >= n && real == malloc_usable_size(p),
            "sallocx expected at least %zu and malloc_usable_size's %zu, found %zu", n,
            malloc_usable_size(p), real);
      CHECK(nallocx(n, 0) >= n, "nallocx(%zu) expected at least that, found %zu", n, nallocx(n, 0));
      stamp(p, n, n);
      size_t now = xallocx(p, n + 8, 0, 0);
      CHECK(now >= n && now == sallocx(p, 0), "xallocx expected the usable size %zu, found %zu",
            sallocx(p, 0), now);
      size_t to = way & 1 ? n + 450 : n / 2 + 1;
      p = must(way & 2 ? rallocx(p, to, 0) : realloc(p, to));
      CHECK_STAMP(p, (to < n ? to : n) / 8 * 8, n);
      if (way % 3 == 0)
        free(p);
      else if (way % 3 == 1)
        dallocx(p, 0);
      else
        sdallocx(p, to, 0);
    }
  }
  for (size_t n = 1; n <= 2 * SMALL_END; n += 3) {
    unsigned char *p = must(mallocx(n, MALLOCX_ZERO));
    CHECK(all_zero(p, n), "mallocx(%zu, MALLOCX_ZERO) expected zeroes, found others", n);
    memset(p, 0x99, n);
    /* growing with MALLOCX_ZERO zeroes from the end of the old block's usable bytes */
    size_t usable = sallocx(p, 0);
    memset(p, 0x99, usable);
    p = must(rallocx(p, n + 700, MALLOCX_ZERO));
    CHECK(all_zero(p + usable, n + 700 - usable),
          "rallocx(%zu, MALLOCX_ZERO) expected zeroes, found others", n + 700);
    dallocx(p, 0);
    for (int lg = 0; lg <= 14; lg++) {
      void *q = must(mallocx(n, MALLOCX_LG_ALIGN(lg)));
      CHECK(aligned_to(q, (size_t)1 << lg), "mallocx(%zu, LG_ALIGN(%d)) expected aligned, found %p",
            n, lg, q);
      q = must(rallocx(q, n + 100, MALLOCX_LG_ALIGN(lg)));
      CHECK(aligned_to(q, (size_t)1 << lg), "rallocx(%zu, LG_ALIGN(%d)) expected aligned, found %p",
            n, lg, q);
      dallocx(q, MALLOCX_LG_ALIGN(lg));
    }
  }
  char *p = must(malloc(100));
  fill(p, 100);
  CHECK(!rallocx(p, hide_size(SIZE_MAX), 0), "rallocx(SIZE_MAX) expected NULL, found a pointer");
  check_filled(p, 100, "a refused rallocx");
  CHECK(!mallocx(hide_size(SIZE_MAX), 0), "mallocx(SIZE_MAX) expected NULL, found a pointer");
  free(p);
  const char *version = NULL;
  size_t size = sizeof version, mib[4], depth = 4;
  int error = mallctl("version", &version, &size, NULL, 0);
  CHECK(error == 0 && version, "mallctl(\"version\") expected 0, found %d", error);
  error = nametomib("version", mib, &depth);
  CHECK(error == 0, "mallctlnametomib expected 0, found %d", error);
  const char *again = NULL;
  error = bymib(mib, depth, &again, &size, NULL, 0);
  CHECK(error == 0 && again == version, "mallctlbymib expected the same version, found %d", error);
}

/* ---------------------------------------------------------------------------------------- */

static const struct {
  const char *name;
  void (*run)(void);
} cases[] = {
    {"sizes", case_sizes},
    {"usable", case_usable},
    {"realloc_pairs", case_realloc_pairs},
    {"realloc_large", case_realloc_large},
    {"realloc_ends", case_realloc_ends},
    {"realloc_refused", case_realloc_refused},
    {"calloc_zero", case_calloc_zero},
    {"calloc_overflow", case_calloc_overflow},
    {"too_big", case_too_big},
    {"alignment_overflow", case_alignment_overflow},
    {"posix_memalign_invalid", case_posix_memalign_invalid},
    {"alignments", case_alignments},
    {"aligned_together", case_aligned_together},
    {"crooked_alignment", case_crooked_alignment},
    {"page_aligned", case_page_aligned},
    {"errno", case_errno},
    {"free_kin", case_free_kin},
    {"aliases", case_aliases},
    {"mallopt", case_mallopt},
    {"statistics", case_statistics},
    {"jemalloc_api", case_jemalloc_api},
};

int main(int argc, char **argv) {
  watchdog(120);
  stamp(pattern, sizeof pattern, 42);
  int ran = 0;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    for (int a = argc > 1 ? 1 : 0; a < argc; a++)
      if (argc == 1 || strcmp(argv[a], cases[i].name) == 0) {
        cases[i].run();
        ran++;
        break;
      }
  CHECK(ran >= (argc > 1 ? argc - 1 : 1), "%d named cases expected to run, found %d", argc - 1,
        ran);
}
