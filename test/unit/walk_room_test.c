/* The room that a dump may take for what grows with the process: bounded, and enough for 10 GiB. */
#include "slab.h"
#include "walk_room.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define GIB (UINT64_C(1) << 30)

static uint64_t jemallocs, huge;

uint64_t page_map_mapped_bytes(void) { return jemallocs; }
uint64_t huge_mapped_bytes(void) { return huge; }

static size_t slabs_of(uint64_t bytes) { return bytes / SLAB_BYTES; }
static size_t words_of(uint64_t bytes) { return slabs_of(bytes) * sizeof(uint32_t); }
static size_t bits_of(uint64_t bytes) { return bytes / PAGE_BYTES / 8; }

/* All that a dump takes with so many bytes of small objects and call sites. */
static size_t room_of(uint64_t small, uint32_t sites) {
  uint32_t window = walk_room_sites(sites, slabs_of(small));
  assert_true(window > 0 && window <= sites);
  return walk_room_slabs(slabs_of(small), window) + walk_room_seen() +
         (size_t)window * ROOM_SITE_BYTES;
}

static void has_one_bound_for_all(void **unused) {
  (void)unused;
  for (uint64_t small = 0; small <= 64; small++)
    for (uint64_t large = 0; large <= 64; large++)
      for (uint32_t sites = 1; sites <= 1 << 20; sites *= 4) {
        jemallocs = large * GIB / 2;
        huge = large * GIB - jemallocs;
        assert_true(room_of(small * GIB, sites) <= ROOM_MOST);
      }
}

/* Of 10 GiB up to 8 may be small objects'. */
static void has_room_for_ten_gib(void **unused) {
  (void)unused;
  huge = 0;
  for (uint64_t small = 0; small <= 8; small++) {
    jemallocs = (10 - small) * GIB;
    assert_int_equal(walk_room_seen(), bits_of(jemallocs));
    assert_int_equal(walk_room_sites(100, slabs_of(small * GIB)), 100);
    assert_int_equal(walk_room_slabs(slabs_of(small * GIB), 100), words_of(small * GIB));
  }
}

/* Of each there is some, and bits come in words. */
static void divides_what_there_is(void **unused) {
  (void)unused;
  jemallocs = huge = 50 * GIB;
  assert_int_equal(walk_room_seen(), ROOM_SEEN_MOST);
  assert_int_equal(walk_room_slabs(slabs_of(50 * GIB), 0), ROOM_MOST - ROOM_SEEN_MOST);
  assert_int_equal(walk_room_sites(1 << 20, slabs_of(50 * GIB)),
                   ROOM_SITES_LEAST / ROOM_SITE_BYTES);
  jemallocs = huge = 0;
  assert_int_equal(walk_room_seen(), 0);
  assert_int_equal(walk_room_slabs(slabs_of(50 * GIB), 0), ROOM_SLABS_MOST);
  assert_int_equal(walk_room_sites(1 << 20, 0), ROOM_MOST / ROOM_SITE_BYTES);
  jemallocs = PAGE_BYTES;
  assert_int_equal(walk_room_seen(), 8);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(has_one_bound_for_all),
                                     cmocka_unit_test(has_room_for_ten_gib),
                                     cmocka_unit_test(divides_what_there_is)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
