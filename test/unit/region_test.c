/* Regions pass out: the seed's counters, every kind of request. */
#include "region_watch.h"

/* ---- the seed's table and its defects ---- */

static void counters_follow_the_seed(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  assert_totals(a, 0, 0, 1, 8192, 0);
  assert_non_null(arena_alloc(a, 1));
  assert_totals(a, 1, 1, 1, 8192, 0);
  assert_non_null(arena_alloc(a, 20));
  assert_totals(a, 2, 21, 1, 8192, 0);
  assert_non_null(arena_alloc(a, 0));
  assert_non_null(arena_alloc(a, 0));
  assert_totals(a, 4, 21, 1, 8192, 0);
  assert_non_null(arena_alloc(a, 100000));
  assert_totals(a, 5, 100021, 2, 8192 + 100000, 1);
  assert_non_null(arena_alloc(a, 99999));
  assert_totals(a, 6, 200020, 3, 8192 + 200000, 2);
  arena_destroy(a);
}

static void block_of_default_size_is_not_big(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  assert_non_null(arena_alloc(a, 1));
  assert_non_null(arena_alloc(a, 8192));
  assert_totals(a, 2, 8193, 2, 16384, 0);
  assert_non_null(arena_alloc(a, 8193));
  assert_totals(a, 3, 16386, 3, 16384 + 8208, 1);
  arena_destroy(a);
}

static void sizes_near_the_end_fail(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  struct arena_stats before = arena_stats(a);
  for (size_t below = 0; below < 20000; below += 1) {
    size_t size = SIZE_MAX - below;
    __asm__("" : "+r"(size)); /* the compiler warns of sizes it can see */
    assert_refused(arena_alloc(a, size), ENOMEM);
    assert_refused(arena_zalloc(a, size), ENOMEM);
    assert_refused(arena_alloc_aligned(a, 64, size), ENOMEM);
    assert_refused(arena_realloc(a, NULL, 0, size), ENOMEM);
  }
  size_t above = (size_t)ARENA_SIZE_MAX + 1;
  __asm__("" : "+r"(above));
  assert_refused(arena_alloc(a, above), ENOMEM);
  assert_refused(arena_alloc(a, above - 1), ENOMEM); /* legal, but nobody has it */
  assert_refused(arena_alloc_aligned(a, (above - 1) / 2 + 1, above - 1), ENOMEM);
  assert_unchanged(a, &before);
  arena_destroy(a);
}

static void big_block_leaves_the_tail_usable(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *first = arena_alloc(a, 16);
  assert_non_null(arena_alloc(a, 100000));
  char *next = arena_alloc(a, 16);
  assert_ptr_equal(next, first + 16 + REDZONE);
  assert_int_equal(arena_stats(a).total_blocks, 2);
  arena_destroy(a);
}

static void block_with_more_room_is_current(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *first = arena_alloc(a, 4096);
  char *middle = arena_alloc(a, 6000); /* its block has less room left than the first */
  char *next = arena_alloc(a, 16);
  assert_ptr_equal(next, first + 4096 + REDZONE);
  char *last = arena_alloc(a, 4096); /* the room of its block exceeds that of the first */
  assert_ptr_equal(arena_alloc(a, 16), last + 4096 + REDZONE);
  assert_true(arena_contains(a, middle));
  arena_destroy(a);
}

/* ---- requests ---- */

static void every_piece_is_aligned_and_apart(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *before = arena_alloc(a, 1);
  for (size_t size = 0; size < 600; size++) {
    char *p = arena_alloc(a, size);
    assert_true(is_aligned(p, ARENA_ALIGN));
    assert_ptr_not_equal(p, before);
    memset(p, 0x5a, size);
    before = p;
  }
  arena_destroy(a);
}

static void zalloc_and_calloc_clear(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  static const char zeros[300];
  memset(arena_alloc(a, 8000), 0xff, 8000);
  assert_int_equal(arena_reset(a), 0);
  assert_memory_equal(arena_zalloc(a, 300), zeros, 300);
  assert_memory_equal(arena_calloc(a, 30, 10), zeros, 300);
  assert_int_equal(arena_stats(a).total_size, 8600);
  arena_destroy(a);
}

static void calloc_checks_the_product(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  struct arena_stats before = arena_stats(a);
  size_t half = SIZE_MAX / 2 + 1;
  __asm__("" : "+r"(half));
  assert_refused(arena_calloc(a, half, 2), ENOMEM);
  assert_refused(arena_calloc(a, 3, half), ENOMEM);
  assert_unchanged(a, &before);
  assert_non_null(arena_calloc(a, 0, half));
  assert_non_null(arena_calloc(a, half, 0));
  arena_destroy(a);
}

static void aligned_pieces(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  for (size_t alignment = 1; alignment <= (size_t)1 << 20; alignment *= 2) {
    char *p = arena_alloc_aligned(a, alignment, 100);
    assert_true(is_aligned(p, alignment));
    assert_true(is_aligned(p, ARENA_ALIGN));
    memset(p, 1, 100);
  }
  assert_int_equal(arena_stats(a).total_size, 21 * 100);
  arena_destroy(a);
}

static void aligned_piece_uses_the_current_block(void **state) {
  (void)state;
  _Alignas(64) static char buffer[4096];
  struct arena_config c = {.buffer = buffer, .buffer_size = sizeof buffer};
  struct arena *a = create(&c);
  assert_non_null(arena_alloc(a, 1));
  char *p = arena_alloc_aligned(a, 1024, 1024);
  assert_true(p > buffer && p < buffer + sizeof buffer);
  assert_int_equal(arena_stats(a).total_blocks, 1);
  size_t gap = REDZONE == 0 ? 0 : 64; /* it is padded to the alignment asked for below */
  size_t room = (size_t)(buffer + sizeof buffer - p) - 1024 - gap;
  assert_non_null(arena_alloc_aligned(a, 64, room)); /* to the last byte */
  assert_int_equal(arena_stats(a).total_blocks, 1);
  assert_int_equal(arena_stats(a).used, arena_stats(a).reserved);
  arena_destroy(a);
}

static void aligned_bad_values(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  struct arena_stats before = arena_stats(a);
  static const size_t bad[] = {0, 3, 24, 48, SIZE_MAX, SIZE_MAX / 2 + 1, (SIZE_MAX >> 2) + 1};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_refused(arena_alloc_aligned(a, bad[i], 1), EINVAL);
  assert_unchanged(a, &before);
  arena_destroy(a);
}

static void realloc_in_place(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *p = arena_realloc(a, NULL, 123, 10);
  memcpy(p, "012345678", 10);
  assert_ptr_equal(arena_realloc(a, p, 10, 8192), p); /* up to the block's last byte */
  assert_int_equal(arena_stats(a).used, 8192);
  assert_ptr_equal(arena_realloc(a, p, 8192, 5), p);
  assert_int_equal(arena_stats(a).used, 16 + REDZONE);
  assert_ptr_equal(arena_realloc(a, p, 5, 0), p);
  assert_ptr_equal(arena_realloc(a, p, 0, 100), p);
  assert_memory_equal(p, "01234", 5);
  assert_totals(a, 5, 10 + 8192 + 5 + 0 + 100, 1, 8192, 0);
  assert_int_equal(arena_stats(a).peak, 8192);
  arena_destroy(a);
}

static void realloc_that_moves(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *p = arena_memdup(a, "abcdefgh", 8);
  char *neighbour = arena_memdup(a, "neighbour", 10);
  char *moved = arena_realloc(a, p, 8, 9000);
  assert_ptr_not_equal(moved, p);
  assert_memory_equal(moved, "abcdefgh", 8);
  assert_string_equal(neighbour, "neighbour");
  assert_ptr_equal(arena_realloc(a, neighbour, 10, 4), neighbour);
  assert_totals(a, 4, 8 + 10 + 9000 + 4, 2, 8192 + 9008, 1);
  char *inner = arena_alloc(a, 64);
  assert_non_null(arena_alloc(a, 1));
  struct arena_stats before = arena_stats(a);
  assert_ptr_equal(arena_realloc(a, inner, 64, 8), inner); /* no longer the last: no bytes back */
  assert_int_equal(arena_stats(a).used, before.used);
  arena_destroy(a);
}

static void realloc_of_a_big_piece(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  assert_non_null(arena_alloc(a, 1));
  char *big = arena_alloc(a, 100000);
  assert_ptr_equal(arena_realloc(a, big, 100000, 10), big);
  assert_int_equal(arena_stats(a).used, 2 * (16 + REDZONE));
  assert_ptr_equal(arena_realloc(a, big, 10, 100000), big);
  assert_int_equal(arena_stats(a).total_blocks, 2);
  arena_destroy(a);
}

static void realloc_failure_keeps_the_piece(void **state) {
  (void)state;
  struct arena_config c = {.max_reserved = 8192};
  struct arena *a = create(&c);
  char *p = arena_memdup(a, "kept", 5);
  struct arena_stats before = arena_stats(a);
  assert_refused(arena_realloc(a, p, 5, 8193), ENOMEM);
  size_t huge = SIZE_MAX;
  __asm__("" : "+r"(huge));
  assert_refused(arena_realloc(a, p, 5, huge), ENOMEM);
  assert_unchanged(a, &before);
  assert_string_equal(p, "kept");
  arena_destroy(a);
}

static void copies(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  assert_string_equal(arena_strdup(a, "text"), "text");
  assert_string_equal(arena_strdup(a, ""), "");
  assert_string_equal(arena_strndup(a, "text", 2), "te");
  assert_string_equal(arena_strndup(a, "text", 400), "text");
  char no_end[3] = {'x', 'y', 'z'};
  assert_string_equal(arena_strndup(a, no_end, 3), "xyz");
  assert_memory_equal(arena_memdup(a, no_end, 3), "xyz", 3);
  assert_totals(a, 6, 5 + 1 + 3 + 5 + 4 + 3, 1, 8192, 0);
  assert_non_null(arena_memdup(a, NULL, 0));
  assert_refused(arena_memdup(a, NULL, 1), EINVAL);
  assert_refused(arena_strdup(a, NULL), EINVAL);
  assert_refused(arena_strndup(a, NULL, 0), EINVAL);
  arena_destroy(a);
}

static void printed_strings(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  assert_string_equal(arena_printf(a, "%s-%d", "a", 42), "a-42");
  assert_totals(a, 1, 5, 1, 8192, 0);
  char *wide = arena_printf(a, "%*d", 20000, 7);
  assert_int_equal(strlen(wide), 20000);
  assert_int_equal(wide[19999], '7');
  wchar_t unprintable[] = {0x7fffffff, 0};
  struct arena_stats before = arena_stats(a);
  assert_refused(arena_printf(a, "%ls", unprintable), EILSEQ);
  assert_unchanged(a, &before);
  arena_destroy(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(counters_follow_the_seed),
      CASE(block_of_default_size_is_not_big),
      CASE(sizes_near_the_end_fail),
      CASE(big_block_leaves_the_tail_usable),
      CASE(block_with_more_room_is_current),
      CASE(every_piece_is_aligned_and_apart),
      CASE(zalloc_and_calloc_clear),
      CASE(calloc_checks_the_product),
      CASE(aligned_pieces),
      CASE(aligned_piece_uses_the_current_block),
      CASE(aligned_bad_values),
      CASE(realloc_in_place),
      CASE(realloc_that_moves),
      CASE(realloc_of_a_big_piece),
      CASE(realloc_failure_keeps_the_piece),
      CASE(copies),
      CASE(printed_strings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
