/* Memory of a heap given back to the kernel and to other heaps.
 *
 * Each test needs a range of its own, so it runs in a child.
 */
#include "heap_objects.h"

#include <errno.h>
#include <sys/mman.h>
#include <time.h>

static uint64_t resident_at(uintptr_t start, size_t length) {
  static unsigned char pages[1 << 16];
  uint64_t n = 0;
  size_t step = sizeof pages * PAGE_BYTES;
  for (size_t at = 0; at < length; at += step) {
    size_t bytes = length - at < step ? length - at : step;
    require(mincore((void *)(start + at), bytes, pages) == 0);
    for (size_t i = 0; i < bytes / PAGE_BYTES; i++)
      n += pages[i] & 1;
  }
  return n * PAGE_BYTES;
}
static uint64_t resident_bytes(void) { return resident_at(range.base, range_span()); }

static void sleep_ms(long ms) {
  nanosleep(&(struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000}, NULL);
}

/* At once, what is above the limit; after the delay, in a slow path, all of it. */
static void give_back(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500); /* 30 MB */
  require(resident_bytes() > 28 << 20);
  uint64_t blocks = held_blocks(h);
  free_all(MANY);
  require(h->dirty_bytes <= EMPTY_KEEP_BYTES && h->dirty_bytes > 0);
  require(resident_bytes() <= EMPTY_KEEP_BYTES + 4 * SLAB_BYTES);
  require(held_blocks(h) < 4 && count_get(&counts_of(h)->total_blocks) >= blocks);
  check_all_heaps();
  for (unsigned i = 0; i < 64 * 40; i++) /* too early */
    heap_free(allocate(0)), objects[i] = allocate(0);
  require(h->dirty_bytes > 0);
  sleep_ms(EMPTY_DELAY_MS + 30);
  for (unsigned i = 0; i < 64 * 80; i++)
    objects[i] = allocate(0);
  require(h->dirty_bytes == 0);
  check_all_heaps();
}

/* A quarter of what is carved may stay empty where that is more. */
static void keep_share(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500);
  free_all(MANY / 2);
  uint64_t carved = count_get(&h->carved_bytes);
  require(h->dirty_bytes <= carved / EMPTY_KEEP_SHARE);
  require(h->dirty_bytes > carved / EMPTY_KEEP_SHARE - BLOCK_BYTES_DEFAULT);
  check_all_heaps();
}

/* What is needed again soon after it went back is kept the next time, and goes when nobody has
 * needed it for long. */
static void missed_pages_are_kept(void) {
  struct heap *h = become_new_thread();
  for (unsigned round = 0; round < 3; round++) {
    require(resident_bytes() < 3 << 20 || round == 2);
    allocate_all(MANY, 500);
    free_all(MANY);
    check_all_heaps();
  }
  require(resident_bytes() > 28 << 20);
  sleep_ms(EMPTY_DELAY_MS + 30);
  heap_give_back(h, os_now_ms(), false);
  require(resident_bytes() < 1 << 20 && h->missed_bytes == 0);
  check_all_heaps();
  sleep_ms(EMPTY_DELAY_MS + 30);
  heap_give_back(h, os_now_ms(), false);
  allocate_all(MANY, 500); /* too late: it was not missed */
  free_all(MANY);
  require(resident_bytes() < 3 << 20);
}

/* Slabs that lie among living ones are purged too, one by one. */
static void give_back_scattered(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500);
  for (unsigned i = 0; i < MANY; i++)
    if (i / 131 % 16 != 0)
      heap_free(objects[i]);
  struct inventory v = check_invariants(h);
  require(v.slabs[0][false] > 100 && h->dirty_bytes <= keep_limit_of(h));
  require(resident_bytes() <= v.carved_bytes + h->dirty_bytes + 64 * SLAB_BYTES / 8);
  allocate_all(1, 0);
  trim_own();
  v = check_invariants(h);
  require(v.slabs[0][true] == 0 && h->dirty_bytes == 0);
  check_all_heaps();
  allocate_all(MANY / 2, 200); /* clean slabs serve again */
  check_all_heaps();
}

static void trim_returns_everything(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 300);
  free_all(MANY);
  trim_own();
  require(h->dirty_bytes == 0);
  require(held_blocks(h) == 0);
  require(resident_bytes() <= 2 * PAGE_BYTES);
  check_all_heaps();
  struct survey v;
  range_survey(&v, tag_sums);
  require(v.free_block_bytes >= v.span_bytes - 2 * BLOCK_BYTES_DEFAULT);
}

/* Lists of cells ready to be handed out go back, counts and all; and so do rows that tell of
 * nothing. */
static void trim_rows_and_lists(void) {
  struct heap *h = become_new_thread();
  allocate_all(MANY, 500);
  uint64_t rows = resident_at(range.slab_rows, range_span() / SLAB_BYTES * ROW_BYTES);
  void *kept = allocate(500);
  free_all(MANY);
  struct heap_totals before, after;
  heap_read_totals(h, true, &before);
  heap_trim();
  heap_read_totals(h, true, &after);
  unsigned c = (unsigned)class_of(500);
  require(h->head[c] == NULL && before.listed[c] > 0 && after.listed[c] == 0);
  require(after.allocs[c] == before.allocs[c] && after.frees[c] == before.frees[c]);
  require(rows > 4 * PAGE_BYTES);
  require(resident_at(range.slab_rows, range_span() / SLAB_BYTES * ROW_BYTES) <= 2 * PAGE_BYTES);
  check_all_heaps();
  heap_free(kept);
  allocate_all(MANY, 500); /* blocks whose rows were given back serve again, from the lowest */
  require(h->blocks != NULL && block_at(0)->owner == h);
  check_all_heaps();
}

/* Trim reaches heaps that no thread has. */
static void trim_idle(void) {
  struct heap *other = become_new_thread();
  allocate_all(MANY, 300);
  free_all(MANY);
  heap_lend_back(other);
  heap_self = (struct heap *)&heap_none;
  require(other->dirty_bytes > 0);
  heap_trim();
  require(other->dirty_bytes == 0 && heap_thread(heap_number(other)) == 0);
  check_all_heaps();
}

/* A block given back serves another heap, and its pages read as zero. */
static void blocks_move_between_heaps(void) {
  struct heap *first = become_new_thread();
  allocate_all(MANY, 500);
  uintptr_t span = range_span();
  free_all(MANY);
  trim_own();
  struct heap *second = become_new_thread();
  require(second != first);
  allocate_all(MANY - 3 * 2048, 500);
  require(range_span() == span);
  check_all_heaps();
}

/* Freeing does not lose errno, nor does asking the kernel. */
static void errno_is_kept(void) {
  errno = 77;
  allocate_all(MANY, 500);
  free_all(MANY);
  heap_trim();
  require(errno == 77);
}

/* A page is touched when a cell in it is needed, and not before, in each class; where the pages are
 * resident anyway, more cells are carved at a time. */
static void carves_by_pages(void) {
  struct heap *h = become_new_thread();
  uint64_t resident = resident_bytes();
  for (unsigned c = 2; c <= CLASSES; c++) {
    const struct slab *s = slab_of(allocate(c * GRAIN - 1));
    require(resident_bytes() == resident + PAGE_BYTES);
    unsigned cells = 1, in_page = (unsigned)(PAGE_BYTES / class_bytes(c));
    for (; cells <= in_page; cells++)
      require(slab_of(allocate(c * GRAIN - 1)) == s);
    require(resident_bytes() == resident + 2 * PAGE_BYTES);
    for (; cells < 64; cells++)
      require(slab_of(allocate(c * GRAIN - 1)) == s);
    size_t bytes = round_up(64 * class_bytes(c), PAGE_BYTES);
    require(resident_bytes() <= resident + (bytes > 2 * PAGE_BYTES ? bytes : 2 * PAGE_BYTES));
    resident = resident_bytes();
  }
  allocate_all(2 * SLAB_BYTES / class_bytes(31), 496);
  struct slab *s = slab_of(objects[SLAB_BYTES / class_bytes(31)]);
  require(h->current[31] != s && s->carved == s->capacity);
  free_all(2 * SLAB_BYTES / class_bytes(31));
  require(s->state == SLAB_EMPTY && h->dirty.first == s);
  while (h->head[CLASSES] != NULL || h->current[CLASSES] != s)
    allocate(SMALL_MAX);
  require(s->carved >= 64);
  check_all_heaps();
}

APART(carves_by_pages)
APART(give_back)
APART(keep_share)
APART(missed_pages_are_kept)
APART(trim_rows_and_lists)
APART(give_back_scattered)
APART(trim_returns_everything)
APART(trim_idle)
APART(blocks_move_between_heaps)
APART(errno_is_kept)

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_missed_pages_are_kept),
      cmocka_unit_test(test_give_back),
      cmocka_unit_test(test_keep_share),
      cmocka_unit_test(test_give_back_scattered),
      cmocka_unit_test(test_trim_returns_everything),
      cmocka_unit_test(test_trim_idle),
      cmocka_unit_test(test_blocks_move_between_heaps),
      cmocka_unit_test(test_errno_is_kept),
      cmocka_unit_test(test_trim_rows_and_lists),
      cmocka_unit_test(test_carves_by_pages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
