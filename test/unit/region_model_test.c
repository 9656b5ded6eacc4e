/* Random operations on families of regions, compared with a shadow model after each.
 *
 *   region_model_test [OPERATIONS [SEED]]          default 60000 operations, seed 1
 *
 * The shadow knows of each region its pieces (address, size, byte they are filled with), its
 * marks with a copy of the pieces at that moment, and its events (cleanups, children) in
 * order.  From these follow what must be: contents kept, no overlap, alignment, the totals,
 * which cleanups run and in which order.  The region's own invariants are checked on its structs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "region_internal.h"

enum { REGIONS = 8, PIECES = 120, MARKS = 6, EVENTS = 60, LOG = REGIONS * EVENTS };

struct piece {
  unsigned char *p;
  size_t size;
  size_t alignment;
  unsigned char fill;
  uint64_t time; /* when it came to this address */
};

struct event {
  uint64_t time;
  int id;    /* of a cleanup, else 0 */
  int child; /* index of a region */
};

struct moment {
  struct arena_mark mark;
  uint64_t time;
  struct piece pieces[PIECES];
  int piece_count;
};

struct shadow {
  _Alignas(16) unsigned char buffer[1024];
  struct arena *a; /* NULL: this place is empty */
  int parent;      /* index, or -1 */
  int piece_count, mark_count, event_count;
  struct piece pieces[PIECES];
  struct moment marks[MARKS];
  struct event events[EVENTS]; /* oldest first */
  uint64_t allocs, size, peak;
};

static struct shadow shadows[REGIONS];
static uint64_t now, random_state;
static int expected[LOG], expected_count, actual[LOG], actual_count, next_id;
static int ids[1 << 20]; /* what a cleanup points to */

/* ---- chance ---- */

static uint64_t random_next(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state * 0x2545f4914f6cdd1d >> 16;
}

static size_t random_below(size_t n) { return (size_t)(random_next() % n); }

static size_t random_size(void) {
  static const size_t scale[] = {1, 17, 100, 100, 600, 600, 3000, 20000};
  return random_below(scale[random_below(8)]);
}

/* ---- pieces ---- */

static void piece_check(const struct piece *q) {
  assert_int_equal((uintptr_t)q->p % q->alignment, 0);
  for (size_t i = 0; i < q->size; i++)
    if (q->p[i] != q->fill)
      fail_msg("byte %zu of %zu is %02x, not %02x", i, q->size, q->p[i], q->fill);
}

static size_t piece_span(const struct piece *q) { return q->size == 0 ? 1 : q->size; }

static void piece_check_apart(const struct shadow *s, const struct piece *q) {
  for (const struct piece *o = s->pieces; o < s->pieces + s->piece_count; o++)
    if (o != q)
      assert_true(o->p + piece_span(o) <= q->p || q->p + piece_span(q) <= o->p);
}

static void piece_settle(struct shadow *s, struct piece *q, void *p, size_t size) {
  assert_non_null(p);
  if (q->p != p)
    q->time = ++now;
  q->p = p;
  q->size = size;
  q->fill = (unsigned char)random_next();
  piece_check_apart(s, q);
  memset(p, q->fill, size);
  s->allocs += 1;
  s->size += size;
  assert_true(arena_contains(s->a, p));
}

static void zeros_check(const unsigned char *p, size_t size) {
  for (size_t i = 0; i < size; i++)
    assert_int_equal(p[i], 0);
}

static void do_alloc(struct shadow *s) {
  if (s->piece_count == PIECES)
    return;
  size_t size = random_size(), kind = random_below(6);
  struct piece *q = &s->pieces[s->piece_count++];
  *q = (struct piece){.alignment = ARENA_ALIGN};
  if (kind == 0) {
    q->alignment = (size_t)16 << random_below(9);
    piece_settle(s, q, arena_alloc_aligned(s->a, q->alignment, size), size);
  } else if (kind == 1) {
    unsigned char *p = arena_zalloc(s->a, size);
    zeros_check(p, size);
    piece_settle(s, q, p, size);
  } else if (kind == 2) {
    unsigned char *p = arena_calloc(s->a, size / 4, 4);
    zeros_check(p, size / 4 * 4);
    piece_settle(s, q, p, size / 4 * 4);
  } else if (kind == 3) {
    int width = (int)size + 1;
    piece_settle(s, q, arena_printf(s->a, "%*d", width, 1), (size_t)width + 1);
  } else {
    piece_settle(s, q, arena_alloc(s->a, size), size);
  }
}

static void do_realloc(struct shadow *s) {
  if (s->piece_count == 0)
    return;
  /* The newest piece most of the time: it is the one that may stay in place. */
  int i = random_below(3) != 0 ? s->piece_count - 1 : (int)random_below((size_t)s->piece_count);
  struct piece *q = &s->pieces[i], old = *q;
  size_t size = random_size();
  unsigned char *p = arena_realloc(s->a, old.p, old.size, size);
  struct piece kept = old;
  kept.p = p;
  kept.size = size < old.size ? size : old.size;
  if (p != old.p)
    kept.alignment = q->alignment = ARENA_ALIGN;
  piece_check(&kept);
  if (size <= old.size)
    assert_ptr_equal(p, old.p);
  piece_settle(s, q, p, size);
}

/* ---- events ---- */

static void release(void *id) { actual[actual_count++] = *(int *)id; }

static void do_add_cleanup(struct shadow *s) {
  if (s->event_count == EVENTS || next_id + 1 == sizeof ids / sizeof *ids)
    return;
  int id = ++next_id;
  ids[id] = id;
  assert_int_equal(arena_add_cleanup(s->a, release, &ids[id]), 0);
  s->events[s->event_count++] = (struct event){++now, id, -1};
}

static void event_forget(struct shadow *s, int i) {
  s->event_count -= 1;
  memmove(&s->events[i], &s->events[i + 1], (size_t)(s->event_count - i) * sizeof s->events[0]);
}

static void do_remove_cleanup(struct shadow *s) {
  if (s->event_count == 0)
    return;
  int i = (int)random_below((size_t)s->event_count), id = s->events[i].id;
  if (id == 0)
    return;
  assert_true(arena_remove_cleanup(s->a, release, &ids[id]));
  assert_false(arena_remove_cleanup(s->a, release, &ids[id]));
  event_forget(s, i);
}

static void do_create(int parent) {
  for (int i = 0; i < REGIONS; i++) {
    struct shadow *s = &shadows[i];
    if (s->a != NULL)
      continue;
    if (parent >= 0 && shadows[parent].event_count == EVENTS)
      return;
    memset(s, 0, sizeof *s);
    struct arena_config c = {.parent = parent < 0 ? NULL : shadows[parent].a};
    if (random_below(2))
      c.block_size = 1 + random_below(2000), c.max_block_size = c.block_size + random_below(9000);
    if (random_below(4) == 0)
      c.buffer = s->buffer, c.buffer_size = sizeof s->buffer;
    s->a = arena_create("model", &c);
    assert_non_null(s->a);
    s->parent = parent;
    if (parent >= 0)
      shadows[parent].events[shadows[parent].event_count++] = (struct event){++now, 0, i};
    return;
  }
}

/* Writes to `expected` what ends in s after `time`, and forgets it. */
static void expect_end(struct shadow *s, uint64_t time) {
  for (int i = s->event_count - 1; i >= 0 && s->events[i].time > time; i--)
    if (s->events[i].id == 0) {
      expect_end(&shadows[s->events[i].child], 0);
      shadows[s->events[i].child].a = NULL;
    }
  for (int i = s->event_count - 1; i >= 0 && s->events[i].time > time; i--) {
    if (s->events[i].id != 0)
      expected[expected_count++] = s->events[i].id;
    s->event_count = i;
  }
}

static void ends_check(void) {
  assert_int_equal(actual_count, expected_count);
  assert_memory_equal(actual, expected, (size_t)actual_count * sizeof *actual);
  actual_count = expected_count = 0;
}

/* ---- marks ---- */

static void do_mark(struct shadow *s) {
  if (s->mark_count == MARKS)
    return;
  struct moment *m = &s->marks[s->mark_count++];
  m->mark = arena_mark(s->a);
  m->time = ++now;
  m->piece_count = s->piece_count;
  memcpy(m->pieces, s->pieces, sizeof m->pieces);
}

/* Keeps the pieces that are as old as the moment, no longer than they were then. */
static void pieces_rewind(struct shadow *s, const struct moment *m) {
  int kept = 0;
  for (int i = 0; i < s->piece_count; i++) {
    struct piece q = s->pieces[i];
    if (q.time > m->time)
      continue;
    for (int j = 0; j < m->piece_count; j++)
      if (m->pieces[j].p == q.p && m->pieces[j].size < q.size)
        q.size = m->pieces[j].size;
    s->pieces[kept++] = q;
  }
  s->piece_count = kept;
}

static void do_rewind(struct shadow *s) {
  if (s->mark_count == 0)
    return;
  int i = (int)random_below((size_t)s->mark_count);
  expect_end(s, s->marks[i].time);
  assert_int_equal(arena_rewind(s->a, s->marks[i].mark), 0);
  pieces_rewind(s, &s->marks[i]);
  s->mark_count = i + (int)random_below(2); /* the mark itself stays good */
}

static void do_reset(struct shadow *s) {
  expect_end(s, 0);
  assert_int_equal(arena_reset(s->a), 0);
  s->piece_count = s->mark_count = 0;
  assert_int_equal(arena_stats(s->a).used, 0);
}

static void do_destroy(struct shadow *s) {
  expect_end(s, 0);
  arena_destroy(s->a);
  if (s->parent >= 0) {
    struct shadow *parent = &shadows[s->parent];
    for (int i = 0; i < parent->event_count; i++)
      if (parent->events[i].id == 0 && &shadows[parent->events[i].child] == s)
        event_forget(parent, i);
  }
  s->a = NULL;
}

/* ---- what must be ---- */

static uint64_t events_that_are_cleanups(const struct shadow *s) {
  uint64_t count = 0;
  for (int i = 0; i < s->event_count; i++)
    count += s->events[i].id != 0;
  return count;
}

/* The invariants of region_internal.h. */
static void region_check(const struct arena *a) {
  struct arena_stats s = arena_stats(a);
  uint64_t used = 0, reserved = 0;
  bool cur_listed = false;
  const struct region_block *last = NULL;
  for (const struct region_block *b = a->a_head; b != NULL; last = b, b = b->ab_next) {
    assert_true(b->ab_offset <= b->ab_size);
    assert_int_equal((b->ab_offset | b->ab_size | (uintptr_t)b->ab_mem) % ARENA_ALIGN, 0);
    used += b->ab_offset;
    reserved += b->ab_size;
    cur_listed |= b == a->a_cur;
  }
  assert_true(cur_listed && last == a->a_tail);
  assert_int_equal(s.used, used);
  assert_int_equal(s.reserved, reserved);
  assert_true(s.used <= s.peak && s.used <= s.reserved && s.reserved <= s.total_block_size);
  assert_true(s.total_big_blocks <= s.total_blocks);
}

static void shadow_check(struct shadow *s) {
  struct arena_stats stats = arena_stats(s->a);
  if (stats.used > s->peak)
    s->peak = stats.used;
  assert_int_equal(stats.total_allocs, s->allocs);
  assert_int_equal(stats.total_size, s->size);
  assert_int_equal(stats.peak, s->peak);
  assert_int_equal(stats.cleanups, events_that_are_cleanups(s));
  region_check(s->a);
}

static void shadow_check_contents(const struct shadow *s) {
  for (int i = 0; i < s->piece_count; i++)
    piece_check(&s->pieces[i]);
}

static void do_anything(void) {
  int i = (int)random_below(REGIONS);
  struct shadow *s = &shadows[i];
  size_t dice = random_below(1000);
  if (s->a == NULL)
    do_create(-1);
  else if (dice < 500)
    do_alloc(s);
  else if (dice < 700)
    do_realloc(s);
  else if (dice < 800)
    do_add_cleanup(s);
  else if (dice < 840)
    do_remove_cleanup(s);
  else if (dice < 890)
    do_mark(s);
  else if (dice < 940)
    do_rewind(s);
  else if (dice < 980)
    do_create(i);
  else if (dice < 990)
    do_reset(s);
  else
    do_destroy(s);
}

static void all_check(uint64_t operation) {
  for (struct shadow *s = shadows; s < shadows + REGIONS; s++)
    if (s->a != NULL) {
      shadow_check(s);
      if (operation % 8 == 0)
        shadow_check_contents(s);
    }
}

static uint64_t operations = 60000;

static void random_operations_agree_with_the_model(void **state) {
  (void)state;
  for (uint64_t i = 0; i < operations; i++) {
    do_anything();
    ends_check();
    all_check(i);
  }
  for (struct shadow *s = shadows; s < shadows + REGIONS; s++)
    while (s->a != NULL)
      do_destroy(s->parent < 0 || shadows[s->parent].a == NULL ? s : &shadows[s->parent]);
  ends_check();
}

int main(int argc, char **argv) {
  operations = argc > 1 ? strtoull(argv[1], NULL, 0) : operations;
  random_state = argc > 2 ? strtoull(argv[2], NULL, 0) | 1 : 1;
  const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations_agree_with_the_model)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
