/* A region that finds a shim: this program defines the symbol that the shim defines.
 *
 * The row is the shim's, so it outlives regions and its totals run on from one to the next,
 * while arena_stats tells of one region alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "arena.h"
#include "attach.h"

static struct region_row row;
static bool table_full;
static char attached_name[REGION_NAME_MAX * 2];
static const void *attached_site;
static int attached;

struct region_row *arenashim_region_attach_v1(const char *name, const void *site) {
  attached += 1;
  attached_site = site;
  strncpy(attached_name, name, sizeof attached_name - 1);
  if (table_full)
    return NULL;
  row.state = REGION_ROW_LIVE;
  return &row;
}

static int shim_setup(void **state) {
  (void)state;
  memset(&row, 0, sizeof row);
  memset(attached_name, 0, sizeof attached_name);
  table_full = false;
  attached = 0;
  return 0;
}

static void assert_row_is(const struct arena_stats *s) {
  assert_int_equal(row.total_allocs, s->total_allocs);
  assert_int_equal(row.total_size, s->total_size);
  assert_int_equal(row.total_blocks, s->total_blocks);
  assert_int_equal(row.total_block_size, s->total_block_size);
  assert_int_equal(row.total_big_blocks, s->total_big_blocks);
  assert_int_equal(row.used, s->used);
  assert_int_equal(row.reserved, s->reserved);
  assert_int_equal(row.peak, s->peak);
}

static void region_counts_in_the_row(void **state) {
  (void)state;
  struct arena *a = arena_create("parser", NULL);
  assert_int_equal(attached, 1);
  assert_string_equal(attached_name, "parser");
  assert_ptr_equal(attached_site, arena_site(a));
  assert_in_range((uintptr_t)attached_site, (uintptr_t)region_counts_in_the_row,
                  (uintptr_t)region_counts_in_the_row + 512);
  struct arena_stats s = arena_stats(a);
  assert_int_equal(s.total_blocks, 1);
  assert_row_is(&s);
  struct arena_mark m = arena_mark(a);
  for (size_t size = 0; size < 300; size++)
    assert_non_null(arena_alloc(a, size * 40));
  s = arena_stats(a);
  assert_int_equal(s.total_allocs, 300);
  assert_int_equal(s.total_size, 40 * 299 * 300 / 2);
  assert_row_is(&s);
  assert_int_equal(arena_rewind(a, m), 0);
  s = arena_stats(a);
  assert_int_equal(s.used, 0);
  assert_row_is(&s);
  arena_destroy(a);
}

static void end_leaves_totals_in_the_row(void **state) {
  (void)state;
  struct arena *a = arena_create("parser", NULL);
  assert_non_null(arena_alloc(a, 10));
  assert_non_null(arena_alloc(a, 10000));
  struct arena_stats s = arena_stats(a);
  assert_int_equal(row.state, REGION_ROW_LIVE);
  assert_int_equal(row.destroyed, 0);
  arena_destroy(a);
  assert_int_equal(row.state, REGION_ROW_ENDED);
  assert_int_equal(row.destroyed, 1);
  s.used = s.reserved = 0;
  assert_row_is(&s);
}

/* The totals of the row are those of its regions together; its peak is the largest. */
static void next_region_goes_on_with_the_row(void **state) {
  (void)state;
  struct arena_config c = {.block_size = 4096};
  struct arena *a = arena_create("parser", NULL);
  assert_non_null(arena_alloc(a, 6000));
  struct arena_stats first = arena_stats(a);
  arena_destroy(a);
  a = arena_create("parser", &c);
  struct arena_stats s = arena_stats(a);
  assert_int_equal(s.total_allocs + s.total_size + s.total_big_blocks + s.used + s.peak, 0);
  assert_int_equal(s.total_blocks, 1);
  assert_int_equal(s.total_block_size, 4096);
  assert_non_null(arena_alloc(a, 96));
  assert_non_null(arena_alloc(a, 4112));
  s = arena_stats(a);
  assert_int_equal(s.total_allocs, 2);
  assert_int_equal(s.total_size, 4208);
  assert_int_equal(s.total_blocks, 2);
  assert_int_equal(s.total_block_size, 4096 + 4112);
  assert_int_equal(s.total_big_blocks, 1);
  assert_int_equal(s.reserved, 4096 + 4112);
  assert_int_equal(s.peak, s.used);
  assert_int_equal(row.total_allocs, first.total_allocs + s.total_allocs);
  assert_int_equal(row.total_size, first.total_size + s.total_size);
  assert_int_equal(row.total_blocks, first.total_blocks + s.total_blocks);
  assert_int_equal(row.total_block_size, first.total_block_size + s.total_block_size);
  assert_int_equal(row.peak, first.peak);
  assert_int_equal(row.used, s.used);
  assert_non_null(arena_alloc(a, 20000));
  assert_int_equal(row.peak, arena_stats(a).peak);
  arena_destroy(a);
  assert_int_equal(row.destroyed, 2);
  assert_int_equal(row.used + row.reserved, 0);
}

static void full_table_makes_regions_count_alone(void **state) {
  (void)state;
  static const struct region_row untouched;
  table_full = true;
  struct arena *a = arena_create("parser", NULL);
  assert_int_equal(attached, 1);
  assert_non_null(arena_alloc(a, 10));
  assert_int_equal(arena_stats(a).total_allocs, 1);
  arena_destroy(a);
  assert_memory_equal(&row, &untouched, sizeof row);
}

static void region_without_name(void **state) {
  (void)state;
  struct arena *a = arena_create(NULL, NULL);
  assert_string_equal(attached_name, "region");
  arena_destroy(a);
}

static void refused_config_is_not_announced(void **state) {
  (void)state;
  struct arena_config c = {.max_reserved = 1};
  assert_null(arena_create("bad", &c));
  assert_int_equal(attached, 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(region_counts_in_the_row, shim_setup),
      cmocka_unit_test_setup(end_leaves_totals_in_the_row, shim_setup),
      cmocka_unit_test_setup(next_region_goes_on_with_the_row, shim_setup),
      cmocka_unit_test_setup(full_table_makes_regions_count_alone, shim_setup),
      cmocka_unit_test_setup(region_without_name, shim_setup),
      cmocka_unit_test_setup(refused_config_is_not_announced, shim_setup),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
