/* Aligned blocks: every entry, every alignment, their refusals. How it is run: contract.h. */
#include "contract.h"

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

/* memalign rounds a crooked alignment up to a power of two; aligned_alloc refuses it, as since
 * glibc 2.38. */
static void case_crooked_alignment(void) {
  static const size_t crooked[] = {0, 3, 5, 24, 48, 100, 200, 500, 513, 3000, 5000, 100000};
  for (size_t i = 0; i < sizeof crooked / sizeof *crooked; i++)
    for (size_t n = 0; n <= SMALL_END; n += 73) {
      size_t up = 1;
      while (up < crooked[i])
        up *= 2;
      check_aligned(memalign(hide_size(crooked[i]), n), up, n, false);
      errno = 0;
      void *p = aligned_alloc(hide_size(crooked[i]), n);
      CHECK(!p && errno == EINVAL, "aligned_alloc(%zu) expected NULL/EINVAL, found %p/%d",
            crooked[i], p, errno);
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

static const struct contract_case cases[] = {
    {"alignment_overflow", case_alignment_overflow},
    {"posix_memalign_invalid", case_posix_memalign_invalid},
    {"alignments", case_alignments},
    {"aligned_together", case_aligned_together},
    {"crooked_alignment", case_crooked_alignment},
    {"page_aligned", case_page_aligned},
};

int main(int argc, char **argv) { run_cases(argc, argv, cases, sizeof cases / sizeof *cases); }
