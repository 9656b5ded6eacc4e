/* malloc, calloc, realloc: sizes, contents, refusals and errno. How it is run: contract.h. */
#include "contract.h"

/* Sizes no allocator may grant: the first two are above PTRDIFF_MAX, the last is below it but
 * beyond any address space. */
static const size_t too_big[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX - 10, SIZE_MAX, (size_t)1 << 60};

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

/* ---- refusal and errno --------------------------------------------------------------------- */

/* Above PTRDIFF_MAX every entry refuses. */
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
      errno = a < sizeof(void *) ? ENOMEM : 0;
      int error = a < sizeof(void *) ? ENOMEM : posix_memalign(&kept, a, n);
      CHECK(error == ENOMEM && kept == &kept,
            "posix_memalign(%zu, %zu) expected ENOMEM and its pointer alone, found %d, %p", a, n,
            error, kept);
      CHECK(errno == ENOMEM, "posix_memalign(%zu, %zu) expected errno as glibc's, found %d", a, n,
            errno);
    }
  }
}

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

static const struct contract_case cases[] = {
    {"sizes", case_sizes},
    {"usable", case_usable},
    {"realloc_pairs", case_realloc_pairs},
    {"realloc_large", case_realloc_large},
    {"realloc_ends", case_realloc_ends},
    {"realloc_refused", case_realloc_refused},
    {"calloc_zero", case_calloc_zero},
    {"calloc_overflow", case_calloc_overflow},
    {"too_big", case_too_big},
    {"errno", case_errno},
};

int main(int argc, char **argv) { run_cases(argc, argv, cases, sizeof cases / sizeof *cases); }
