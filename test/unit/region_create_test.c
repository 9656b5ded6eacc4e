/* Regions begin: every option, and what a region knows of itself. */
#include "region_watch.h"

static void config_bad_values(void **state) {
  (void)state;
  static char buffer[ARENA_BUFFER_MIN];
  static const size_t over = (size_t)ARENA_SIZE_MAX + 1;
  const struct arena_config bad[] = {
      {.block_size = over},
      {.block_size = SIZE_MAX},
      {.max_block_size = over},
      {.max_block_size = SIZE_MAX},
      {.max_block_size = 8191},
      {.block_size = 100, .max_block_size = 99},
      {.max_reserved = 8191},
      {.block_size = 17, .max_reserved = 31},
      {.buffer = buffer},
      {.buffer = buffer, .buffer_size = ARENA_BUFFER_MIN - 1},
      {.buffer = buffer, .buffer_size = over},
      {.buffer_size = 1024},
      {.buffer = buffer, .buffer_size = ARENA_BUFFER_MIN, .max_reserved = 16},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_refused(arena_create("bad", &bad[i]), EINVAL);
  struct arena_config huge = {.block_size = ARENA_SIZE_MAX};
  assert_refused(arena_create("huge", &huge), ENOMEM);
}

static void names_and_sites(void **state) {
  (void)state;
  struct arena *a = arena_create(NULL, NULL);
  struct arena *b = arena_create("0123456789012345678901234567890123456789", NULL);
  assert_string_equal(arena_name(a), "region");
  assert_string_equal(arena_name(b), "0123456789012345678901234567890");
  uintptr_t here = (uintptr_t)names_and_sites;
  assert_in_range((uintptr_t)arena_site(a), here, here + 1024);
  assert_in_range((uintptr_t)arena_site(b), (uintptr_t)arena_site(a) + 1, here + 1024);
  arena_destroy(a);
  arena_destroy(b);
}

static void blocks_grow_up_to_the_maximum(void **state) {
  (void)state;
  struct arena_config c = {.block_size = 100, .max_block_size = 1000};
  struct arena *a = create(&c);
  static const uint64_t reserved[] = {112, 336, 784, 1680, 2688, 3696};
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++) {
    assert_int_equal(arena_stats(a).reserved, reserved[i]);
    while (arena_stats(a).total_blocks == i + 1)
      assert_non_null(arena_alloc(a, 16));
  }
  assert_int_equal(arena_stats(a).total_big_blocks, 6);
  arena_destroy(a);
}

static void only_ordinary_blocks_make_them_grow(void **state) {
  (void)state;
  static char buffer[1024];
  struct arena_config c = {.block_size = 112, .max_block_size = 1000};
  struct arena *a = create(&c);
  assert_non_null(arena_alloc(a, 5008));
  assert_non_null(arena_alloc(a, 112));
  assert_non_null(arena_alloc(a, 16)); /* the second ordinary one */
  assert_int_equal(arena_stats(a).reserved, 112 + 5008 + 224);
  arena_destroy(a);
  c.buffer = buffer, c.buffer_size = sizeof buffer;
  a = create(&c);
  uint64_t first = arena_stats(a).reserved;
  assert_non_null(arena_alloc(a, first));
  assert_non_null(arena_alloc(a, 16));
  assert_int_equal(arena_stats(a).reserved, first + 112);
  arena_destroy(a);
}

static void reserve_is_capped(void **state) {
  (void)state;
  struct arena_config c = {.max_reserved = 8192 + 1000};
  struct arena *a = create(&c);
  assert_non_null(arena_alloc(a, 8192));
  struct arena_stats before = arena_stats(a);
  assert_refused(arena_alloc(a, 993), ENOMEM); /* 1000 holds 62 units of 16: 992 */
  assert_unchanged(a, &before);
  assert_non_null(arena_alloc(a, 500)); /* the last block is what the cap leaves */
  assert_int_equal(arena_stats(a).reserved, 8192 + 992);
  assert_refused(arena_alloc(a, 500), ENOMEM);
  assert_int_equal(arena_reset(a), 0);
  assert_non_null(arena_alloc(a, 8192));
  assert_non_null(arena_alloc(a, 992));
  arena_destroy(a);
}

static void buffer_is_the_first_block(void **state) {
  (void)state;
  static char buffer[ARENA_BUFFER_MIN + ARENA_ALIGN];
  for (size_t skip = 0; skip < ARENA_ALIGN; skip++) {
    memset(buffer, 0x77, sizeof buffer);
    struct arena_config c = {.buffer = buffer + skip, .buffer_size = ARENA_BUFFER_MIN};
    struct arena *a = create(&c);
    assert_int_equal(mallocs_alive, 0);
    size_t payload = (size_t)arena_stats(a).reserved;
    char *p = arena_zalloc(a, payload);
    assert_int_equal(mallocs_alive, 0);
    assert_true(p > buffer + skip && p + payload <= buffer + skip + ARENA_BUFFER_MIN);
    assert_true(is_aligned(p, ARENA_ALIGN));
    assert_non_null(arena_alloc(a, 1));
    assert_totals(a, 2, payload + 1, 2, payload + 8192, 0);
    arena_destroy(a);
    assert_int_equal(mallocs_alive, 0);
    for (size_t i = 0; i < skip; i++)
      assert_int_equal(buffer[i], 0x77);
    for (size_t i = skip + ARENA_BUFFER_MIN; i < sizeof buffer; i++)
      assert_int_equal(buffer[i], 0x77);
  }
}

static void contains_what_was_passed_out(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  struct arena_config c = {.parent = a};
  char *inside = arena_alloc(a, 100);
  char *big = arena_alloc(a, 100000);
  char *childs = arena_alloc(create(&c), 8);
  int outside;
  assert_true(arena_contains(a, inside) && arena_contains(a, inside + 99));
  assert_true(arena_contains(a, big) && arena_contains(a, big + 99999));
  assert_false(arena_contains(a, inside - 1));
  assert_false(arena_contains(a, inside + 112 + REDZONE));
  assert_false(arena_contains(a, big + 100000));
  assert_false(arena_contains(a, &outside));
  assert_false(arena_contains(a, NULL));
  assert_false(arena_contains(a, childs));
  assert_int_equal(arena_reset(a), 0);
  assert_false(arena_contains(a, inside));
  arena_destroy(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(config_bad_values),
      CASE(names_and_sites),
      CASE(blocks_grow_up_to_the_maximum),
      CASE(only_ordinary_blocks_make_them_grow),
      CASE(reserve_is_capped),
      CASE(buffer_is_the_first_block),
      CASE(contains_what_was_passed_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
