/* Memory for the time of a report (scratch.h): from the system, or from the room that was kept
 * back. */
#include "apart.h"

#include <errno.h>

#include "scratch.h"
#include "memory_refused.h"

/* ---- words ---- */

enum { ROOM = 4 * PAGE_BYTES };
static _Alignas(PAGE_BYTES) char room[ROOM];
static struct scratch s = SCRATCH(room);

static bool is_zero(const char *p, size_t n) {
  while (n > 0 && *p == 0)
    p++, n--;
  return n == 0;
}

static void expect_none(void) {
  require(s.at == NULL && s.bytes == 0 && scratch_mapped(&s) == 0);
  require(s.kept == room && s.kept_bytes == ROOM);
}

/* Whole pages of zeros, which can be written; errno is kept. */
static void expect_pages(size_t bytes, size_t pages) {
  errno = 77;
  require(scratch_map(&s, bytes) && errno == 77);
  require(s.bytes == pages && (uintptr_t)s.at % PAGE_BYTES == 0 && is_zero(s.at, pages));
  memset(s.at, 'x', pages);
}

static void unmap(void) {
  errno = 77;
  scratch_unmap(&s);
  require(errno == 77);
  expect_none();
}

/* ---- tests ---- */

static void from_the_system(void) {
  static const size_t sizes[][2] = {{1, PAGE_BYTES},
                                    {PAGE_BYTES - 1, PAGE_BYTES},
                                    {PAGE_BYTES, PAGE_BYTES},
                                    {PAGE_BYTES + 1, 2 * PAGE_BYTES},
                                    {ROOM, ROOM},
                                    {10 * ROOM + 1, 10 * ROOM + PAGE_BYTES}};
  uint64_t before = os_mapped_bytes();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    expect_pages(sizes[i][0], sizes[i][1]);
    require(s.at != room);
    require(scratch_mapped(&s) == s.bytes && os_mapped_bytes() == before + s.bytes);
    unmap();
    require(os_mapped_bytes() == before);
  }
}

/* What was kept back serves again and again, each time all zero, and the ledger counts it never. */
static void from_the_room(void) {
  uint64_t before = os_mapped_bytes();
  refuse_memory = true;
  for (unsigned i = 0; i < 3; i++) {
    expect_pages(ROOM - i * PAGE_BYTES, ROOM - i * PAGE_BYTES);
    require(s.at == room && scratch_mapped(&s) == 0 && os_mapped_bytes() == before);
    unmap();
    require(is_zero(room, ROOM) && os_mapped_bytes() == before);
  }
  refuse_memory = false;
  expect_pages(1, PAGE_BYTES);
  require(s.at != room);
  unmap();
}

static void larger_than_the_room(void) {
  refuse_memory = true;
  errno = 77;
  require(!scratch_map(&s, ROOM + 1) && errno == 77);
  expect_none();
  unmap();
  require(is_zero(room, ROOM));
}

static void no_room_at_all(void) {
  struct scratch without = {0};
  refuse_memory = true;
  require(!scratch_map(&without, 1) && without.at == NULL && without.bytes == 0);
  scratch_unmap(&without);
  refuse_memory = false;
  require(scratch_map(&without, 1) && scratch_mapped(&without) == PAGE_BYTES);
  scratch_unmap(&without);
  require(without.at == NULL && scratch_mapped(&without) == 0);
}

/* A fork between the two stores of scratch_map leaves an address without a size. */
static void half_mapped(void) {
  char *pages = os_map(PAGE_BYTES);
  *pages = 'x';
  s.at = pages;
  unmap();
  require(*pages == 'x');
}

APART(from_the_system)
APART(from_the_room)
APART(larger_than_the_room)
APART(no_room_at_all)
APART(half_mapped)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_from_the_system),      cmocka_unit_test(test_from_the_room),
      cmocka_unit_test(test_larger_than_the_room), cmocka_unit_test(test_no_room_at_all),
      cmocka_unit_test(test_half_mapped),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
