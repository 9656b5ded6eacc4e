/* The range: set up for every block size, grown step by step with nothing ahead, refused, and its
 * ledger.
 *
 * A process has one range, so each test runs in a child that sets up its own.
 */
#include "heap_setup.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

static size_t block_bytes;

static void set_up(size_t bytes) {
  block_bytes = bytes;
  require(range_setup(bytes, false));
}

/* Limits on address space are for builds without a sanitizer, which has terabytes mapped. */
static void limit_address_space(rlim_t bytes) {
  struct rlimit limit;
  require(getrlimit(RLIMIT_AS, &limit) == 0);
  limit.rlim_cur = bytes;
  require(setrlimit(RLIMIT_AS, &limit) == 0);
}

static bool is_mapped(uintptr_t address) {
  unsigned char in_core;
  return mincore((void *)address, PAGE_BYTES, &in_core) == 0;
}

/* Bytes of address space that the process has. */
static size_t address_space(void) {
  unsigned long pages;
  FILE *f = fopen("/proc/self/statm", "r");
  require(f != NULL && fscanf(f, "%lu", &pages) == 1);
  fclose(f);
  return pages * PAGE_BYTES;
}

/* ---- what must hold ---- */

static void check_range(void) {
  require(range.base % SLAB_BYTES == 0);
  require(range_span() % block_bytes == 0 && (size_t)1 << range.block_shift == block_bytes);
  require(range_span() <= range.committed[SECTION_DATA]);
  require(block_count() == range_span() / block_bytes);
  for (enum section s = 0; s < SECTIONS; s++)
    require(range.committed[s] % PAGE_BYTES == 0);
  size_t rows = range_span() / SLAB_BYTES * ROW_BYTES;
  require(range.committed[SECTION_SLAB_ROWS] >= rows);
  require(range.committed[SECTION_MAIL_ROWS] >= range_span() / SLAB_BYTES * MAIL_ROW_BYTES);
  require(range.committed[SECTION_BLOCK_ROWS] >= block_count() * ROW_BYTES);
  require(!is_mapped(range.base - PAGE_BYTES) && !is_mapped(range.base + range_span()));
  check_ledger();
}

/* Every row and byte below the span can be written; rows and data are apart. */
static void write_everything(void) {
  for (uintptr_t at = 0; at < range_span(); at += SLAB_BYTES) {
    char *row = (char *)slab_at(at), *mail = (char *)mail_of(slab_at(at));
    require(row < (char *)range.base - GUARD_BYTES && mail < row);
    row[ROW_BYTES - 1] = mail[MAIL_ROW_BYTES - 1] = 0;
    ((char *)range.base)[at] = 0;
    ((char *)range.base)[at + SLAB_BYTES - 1] = 0;
  }
  for (size_t i = 0; i < block_count(); i++)
    require(block_at(i)->owner == NULL);
}

static void check_membership(void) {
  const char *base = (const char *)range.base;
  require(!range_holds(base - 1) && !range_holds(NULL));
  require(!range_holds(&block_bytes) && !range_holds((void *)-1));
  require(!range_holds(base + range_span()));
  if (range_span() > 0)
    require(range_holds(base) && range_holds(base + range_span() - 1));
}

static void grow(void) {
  uintptr_t before = range_span();
  require(range_grow());
  require(range_span() >= before + block_bytes && range_span() - before <= (16 << 20));
  check_range();
  check_membership();
}

static void grow_and_use(void) {
  check_range();
  check_membership();
  for (unsigned i = 0; i < 20; i++)
    grow();
  write_everything();
  check_range();
}

/* Blocks of that size pass out exactly their bytes. */
static void use_blocks(void) {
  become_new_thread();
  for (unsigned i = 0; i < 100000; i++)
    require(allocate(100) != NULL);
  for (const struct block *b = heap_self->blocks; b != NULL; b = b->ab_next)
    require(b->ab_size == block_bytes);
  require(held_blocks(heap_self) >= (100000 * 112 + block_bytes - 1) / block_bytes);
  check_all_heaps();
}

static void test_block_sizes_body(void) {
  set_up(block_bytes);
  require(range_span() == 0 && os_mapped_bytes() == 0);
  grow_and_use();
  use_blocks();
}

static void test_block_sizes(void **state) {
  (void)state;
  for (size_t bytes = BLOCK_BYTES_MIN; bytes <= BLOCK_BYTES_MAX; bytes *= 2) {
    block_bytes = bytes;
    in_child(test_block_sizes_body);
  }
}

/* What the process has mapped grows by what is used, and at most 64 KiB of each kind of rows.  The
 * process's own malloc, or a sanitizer, may take some more. */
static void nothing_ahead(void) {
  set_up(BLOCK_BYTES_DEFAULT);
  size_t before = address_space();
  for (unsigned i = 0; i < 100; i++)
    grow();
  size_t rows = range_span() / SLAB_BYTES * (2 * ROW_BYTES + MAIL_ROW_BYTES) + (3 * 64 << 10);
  require(os_mapped_bytes() <= range_span() + rows);
  require(address_space() - before <=
          range_span() + rows + (UNDER_ASAN || UNDER_TSAN ? 1 << 30 : 1 << 20));
}

/* The page before slab 0 and the one after the span are no memory. */
static void touch_guard(void) {
  set_up(BLOCK_BYTES_DEFAULT);
  grow();
  *(volatile char *)(range.base - 1) = 1;
}
static void touch_beyond(void) {
  set_up(BLOCK_BYTES_DEFAULT);
  grow();
  *(volatile char *)(range.base + range_span()) = 1;
}

static void test_guards(void **state) {
  (void)state;
  if (UNDER_ASAN || UNDER_TSAN)
    return; /* they catch the fault themselves */
  int status = child_status(touch_guard);
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  status = child_status(touch_beyond);
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- refused ---- */

static char *end_of(enum section s) {
  static const uint64_t below[SECTIONS] = {
      0, COUNTS_BELOW, HEAPS_BELOW, BLOCK_ROWS_BELOW, MAIL_ROWS_BELOW, SLAB_ROWS_BELOW, 0};
  return (char *)range.base - below[s] + range.committed[s];
}

/* Never over a mapping of somebody else: growth ends there, and what there is stays sound.  When
 * the mapping is gone, growth goes on. */
static enum section obstructed;
static void obstacle(void) {
  set_up(BLOCK_BYTES_MIN);
  grow();
  char *end = end_of(obstructed);
  char *there = mmap(end, PAGE_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  require(there == end);
  *there = 42;
  while (range_grow())
    require(range_span() < 1 << 30);
  uintptr_t span = range_span(), mapped = os_mapped_bytes();
  require(!range_grow() && range_span() == span && os_mapped_bytes() == mapped && *there == 42);
  require(end_of(obstructed) == there && os_released_bytes() == PAGE_BYTES); /* set_up's own */
  write_everything();
  munmap(there, PAGE_BYTES);
  grow();
  require(end_of(obstructed) > there);
}

static void test_obstacle(void **state) {
  (void)state;
  for (obstructed = SECTION_BLOCK_ROWS; obstructed < SECTIONS; obstructed++)
    in_child(obstacle);
}

/* The program limits itself to 200 MB more: most of it becomes objects, then requests are refused
 * and errno stays. */
static void use_limited(void) {
  set_up(BLOCK_BYTES_DEFAULT);
  require(allocate(500) != NULL);
  limit_address_space(address_space() + (200 << 20));
  size_t objects = 0;
  void *p, *last = NULL;
  errno = 77;
  for (; (p = allocate(500)) != NULL; objects++) {
    *(void **)p = last;
    last = p;
  }
  require(errno == 77);
  require(objects * 512 > 190 << 20 && objects * 512 < 201 << 20);
  check_range();
  check_all_heaps();
  for (; last != NULL; last = p) { /* and all can be freed and had again */
    p = *(void **)last;
    heap_free(last);
  }
  for (size_t i = 0; i < objects; i++)
    require(allocate(500) != NULL);
  check_all_heaps();
}

/* After a growth that failed the next REFUSALS are refused unasked. */
static void back_off(void) {
  limit_address_space(200 << 20);
  set_up(BLOCK_BYTES_DEFAULT);
  while (allocate(500) != NULL)
    ;
  limit_address_space(RLIM_INFINITY);
  for (unsigned i = 0; i < REFUSALS; i++)
    require(allocate(500) == NULL);
  require(allocate(500) != NULL);
  check_range();
  check_all_heaps();
}

/* The same by hand. */
static void growth_right(void) {
  set_up(BLOCK_BYTES_DEFAULT);
  require(range_growth_enter());
  require(!range_growth_enter()); /* a signal handler of the same thread */
  range_growth_leave(true);
  require(range_growth_enter());
  range_growth_leave(false);
  for (unsigned i = 0; i < REFUSALS; i++)
    require(!range_growth_enter());
  require(range_growth_enter());
  range_growth_leave(true);
  require(range_growth_enter());
  range_growth_leave(true);
}

/* Blocks of the largest size do not fit: nothing is lost by trying. */
static void refused_growth(void) {
  limit_address_space(30 << 20);
  set_up(BLOCK_BYTES_MAX);
  while (range_grow())
    check_range();
  for (unsigned i = 0; i < 20; i++)
    require(!range_grow());
  check_range();
}

/* ---- the operating system's own functions ---- */

static void mapped_bytes(void) {
  uint64_t before = os_mapped_bytes(), released = os_released_bytes();
  errno = 77;
  char *p = os_map(10 * PAGE_BYTES), *q = os_map(100 * PAGE_BYTES);
  require(p != NULL && q != NULL && os_mapped_bytes() == before + 110 * PAGE_BYTES);
  require(!os_map_at(q, PAGE_BYTES) && !os_map_at(q - PAGE_BYTES, 2 * PAGE_BYTES)); /* taken */
  require(os_map(SIZE_MAX / 2) == NULL && !os_map_at(q, SIZE_MAX / 2));
  require(os_mapped_bytes() == before + 110 * PAGE_BYTES && os_released_bytes() == released);
  q[PAGE_BYTES - 1] = 42;
  os_purge(q, PAGE_BYTES);
  require(q[PAGE_BYTES - 1] == 0);
  os_unmap(p, 10 * PAGE_BYTES);
  os_unmap(q + PAGE_BYTES, 99 * PAGE_BYTES);
  require(os_mapped_bytes() == before + PAGE_BYTES);
  require(os_released_bytes() == released + 110 * PAGE_BYTES);
  require(os_map_at(q + PAGE_BYTES, PAGE_BYTES));
  q[2 * PAGE_BYTES - 1] = 42;
  os_mapped_add(-5);
  require(os_mapped_bytes() == before + 2 * PAGE_BYTES - 5);
  require(errno == 77);
}

#define APART_WITH_LIMIT(body)                                                                     \
  static void test_##body(void **state) {                                                          \
    (void)state;                                                                                   \
    if (!UNDER_ASAN && !UNDER_TSAN)                                                                \
      in_child(body);                                                                              \
  }
APART(nothing_ahead)
APART(growth_right)
APART(mapped_bytes)
APART_WITH_LIMIT(use_limited)
APART_WITH_LIMIT(back_off)
APART_WITH_LIMIT(refused_growth)

int main(void) {
  test_thread = os_thread_id();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_block_sizes),  cmocka_unit_test(test_nothing_ahead),
      cmocka_unit_test(test_guards),       cmocka_unit_test(test_obstacle),
      cmocka_unit_test(test_use_limited),  cmocka_unit_test(test_back_off),
      cmocka_unit_test(test_growth_right), cmocka_unit_test(test_refused_growth),
      cmocka_unit_test(test_mapped_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
