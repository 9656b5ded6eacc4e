/* Regions end: cleanups, marks, reset, families. */
#include "region_watch.h"

/* ---- words ---- */

/* What cleanups write: the order in which they ran. */
static char ran[64];
static size_t ran_count;

static char keys[128]; /* a letter's cleanup gets the address of its place here */

static void note(void *key) { ran[ran_count++] = (char)((char *)key - keys); }

static void note_add(struct arena *a, char letter) {
  assert_int_equal(arena_add_cleanup(a, note, &keys[(int)letter]), 0);
}

static void assert_ran(const char *expected) {
  ran[ran_count] = '\0';
  assert_string_equal(ran, expected);
  ran_count = 0;
}

/* ---- cleanups ---- */

static void cleanups_run_newest_first_and_once(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  note_add(a, 'a');
  note_add(a, 'b');
  note_add(a, 'c');
  assert_int_equal(arena_stats(a).cleanups, 3);
  assert_int_equal(arena_stats(a).used, 0);
  assert_int_equal(arena_reset(a), 0);
  assert_ran("cba");
  assert_int_equal(arena_stats(a).cleanups, 0);
  note_add(a, 'd');
  arena_destroy(a);
  assert_ran("d");
}

static void cleanups_can_be_removed(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  note_add(a, 'x');
  note_add(a, 'y');
  note_add(a, 'x');
  note_add(a, 'z');
  assert_true(arena_remove_cleanup(a, note, &keys['x'])); /* the newest of the two */
  assert_int_equal(arena_stats(a).cleanups, 3);
  assert_false(arena_remove_cleanup(a, note, &keys['?']));
  assert_false(arena_remove_cleanup(a, free, &keys['y']));
  arena_destroy(a);
  assert_ran("zyx");
}

static void cleanup_without_function(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  errno = 0;
  assert_int_equal(arena_add_cleanup(a, NULL, a), -1);
  assert_int_equal(errno, EINVAL);
  arena_destroy(a);
}

/* A cleanup sees its region whole: pieces, blocks, requests. */
struct witness {
  struct arena *region;
  char *first;
  char *big;
};

static void witness_check(void *object) {
  struct witness *w = object;
  assert_string_equal(w->first, "first");
  assert_int_equal(w->big[99999], 'B');
  assert_true(arena_contains(w->region, w->big));
  assert_string_equal(arena_printf(w->region, "%s", w->first), "first");
  assert_non_null(arena_alloc(w->region, 200000));
  ran[ran_count++] = 'w';
}

static void cleanups_run_before_memory_goes(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  struct witness *w = arena_alloc(a, sizeof *w);
  *w = (struct witness){a, arena_strdup(a, "first"), arena_alloc(a, 100000)};
  w->big[99999] = 'B';
  assert_int_equal(arena_add_cleanup(a, witness_check, w), 0);
  arena_destroy(a);
  assert_ran("w");
}

static void cleanups_run_before_memory_is_rewound(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  struct arena_mark m = arena_mark(a);
  struct witness *w = arena_alloc(a, sizeof *w);
  *w = (struct witness){a, arena_strdup(a, "first"), arena_alloc(a, 100000)};
  w->big[99999] = 'B';
  assert_int_equal(arena_add_cleanup(a, witness_check, w), 0);
  assert_int_equal(arena_rewind(a, m), 0);
  assert_ran("w");
  assert_int_equal(arena_stats(a).reserved, 8192);
  arena_destroy(a);
}

/* Registers and unregisters from inside, and calls what it must not. */
static void meddle(void *region) {
  struct arena *a = region;
  ran[ran_count++] = 'm';
  arena_destroy(a);
  errno = 0;
  assert_int_equal(arena_reset(a), -1);
  assert_int_equal(errno, EBUSY);
  errno = 0;
  assert_int_equal(arena_rewind(a, arena_mark(a)), -1);
  assert_int_equal(errno, EBUSY);
  note_add(a, '!');
  note_add(a, '+');
  assert_true(arena_remove_cleanup(a, note, &keys['!']));
  struct arena_config c = {.parent = a};
  note_add(create(&c), 'c');
}

static void cleanups_may_change_the_region(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  note_add(a, '1');
  assert_int_equal(arena_add_cleanup(a, meddle, a), 0);
  note_add(a, '2');
  struct arena_mark m = arena_mark(a);
  note_add(a, '3');
  assert_int_equal(arena_add_cleanup(a, meddle, a), 0);
  assert_int_equal(arena_rewind(a, m), 0);
  assert_ran("mc+3");
  arena_destroy(a);
  assert_ran("2mc+1");
}

/* ---- marks ---- */

static void rewind_takes_back(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *kept = arena_strdup(a, "kept");
  char *kept_big = arena_memdup(a, "big", 4);
  assert_non_null(arena_alloc(a, 50000));
  struct arena_stats at_mark = arena_stats(a);
  struct arena_mark m = arena_mark(a);
  for (int round = 0; round < 3; round++) {
    char *first = arena_alloc(a, 8000);
    assert_non_null(arena_alloc(a, 8000));
    assert_non_null(arena_alloc(a, 90000));
    assert_int_equal(arena_rewind(a, m), 0);
    assert_int_equal(arena_stats(a).used, at_mark.used);
    assert_int_equal(arena_stats(a).reserved, at_mark.reserved);
    assert_ptr_equal(arena_alloc(a, 8000), first);
    assert_int_equal(arena_rewind(a, m), 0);
  }
  assert_string_equal(kept, "kept");
  assert_string_equal(kept_big, "big");
  assert_int_equal(arena_stats(a).total_allocs, 3 + 3 * 4);
  assert_int_equal(arena_stats(a).total_blocks, 2 + 3 * 2);
  arena_destroy(a);
}

static void marks_nest(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  note_add(a, '1');
  struct arena_mark outer = arena_mark(a);
  note_add(a, '2');
  struct arena_mark inner = arena_mark(a);
  note_add(a, '3');
  assert_int_equal(arena_rewind(a, inner), 0);
  assert_ran("3");
  note_add(a, '4');
  assert_int_equal(arena_rewind(a, outer), 0);
  assert_ran("42");
  arena_destroy(a);
  assert_ran("1");
}

static void marks_that_ended_are_refused(void **state) {
  (void)state;
  struct arena *a = create(NULL), *b = create(NULL);
  struct arena_mark outer = arena_mark(a), inner = arena_mark(a);
  while (arena_mark(b).time <= inner.time)
    ; /* not its time gives it away */
  errno = 0;
  assert_int_equal(arena_rewind(b, inner), -1);
  assert_int_equal(errno, EINVAL);
  assert_int_equal(arena_rewind(a, outer), 0);
  errno = 0;
  assert_int_equal(arena_rewind(a, inner), -1);
  assert_int_equal(errno, EINVAL);
  assert_int_equal(arena_rewind(a, outer), 0); /* a mark can be used again */
  assert_int_equal(arena_reset(a), 0);
  assert_int_equal(arena_rewind(a, outer), -1);
  arena_destroy(a);
  arena_destroy(b);
}

static void rewind_of_a_piece_that_shrank(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *p = arena_zalloc(a, 1000);
  struct arena_mark m = arena_mark(a);
  assert_ptr_equal(arena_realloc(a, p, 1000, 10), p);
  assert_int_equal(arena_rewind(a, m), 0);
  assert_int_equal(arena_stats(a).used, 16 + REDZONE); /* not what it was at the mark */
  assert_ptr_equal(arena_realloc(a, p, 10, 500), p);
  assert_int_equal(arena_rewind(a, m), 0);
  assert_ptr_not_equal(arena_alloc(a, 16), p);
  arena_destroy(a);
}

static void reset_keeps_the_first_block(void **state) {
  (void)state;
  struct arena *a = create(NULL);
  char *first = arena_alloc(a, 8000);
  assert_non_null(arena_alloc(a, 8000));
  assert_non_null(arena_alloc(a, 90000));
  uint64_t peak = arena_stats(a).peak;
  assert_int_equal(arena_reset(a), 0);
  struct arena_stats s = arena_stats(a);
  assert_int_equal(s.used, 0);
  assert_int_equal(s.reserved, 8192);
  assert_int_equal(s.peak, peak);
  assert_totals(a, 3, 106000, 3, 8192 * 2 + 90000, 1);
  assert_int_equal(mallocs_alive, 1);
  assert_ptr_equal(arena_alloc(a, 8000), first);
  arena_destroy(a);
}

/* ---- families ---- */

static struct arena *child(struct arena *parent, char letter) {
  struct arena_config c = {.parent = parent};
  struct arena *a = create(&c);
  note_add(a, letter);
  return a;
}

static void children_end_first(void **state) {
  (void)state;
  struct arena *root = create(NULL);
  note_add(root, 'r');
  child(root, 'a');
  child(child(root, 'b'), 'c');
  arena_destroy(child(root, 'd'));
  assert_ran("d");
  note_add(root, 's');
  arena_destroy(root);
  assert_ran("cbasr");
}

static void child_in_the_middle_leaves(void **state) {
  (void)state;
  struct arena *root = create(NULL);
  struct arena *a = child(root, 'a'), *b = child(root, 'b'), *c = child(root, 'c');
  arena_destroy(b);
  arena_destroy(c);
  child(root, 'd');
  arena_destroy(a);
  arena_destroy(root);
  assert_ran("bcad");
}

static void rewind_ends_younger_children(void **state) {
  (void)state;
  struct arena *root = create(NULL);
  child(root, 'a');
  struct arena_mark m = arena_mark(root);
  note_add(root, 'r');
  child(child(root, 'b'), 'c');
  assert_int_equal(arena_rewind(root, m), 0);
  assert_ran("cbr");
  assert_int_equal(arena_reset(root), 0);
  assert_ran("a");
  arena_destroy(root);
  assert_ran("");
}

static void destroy_region(void *region) {
  ran[ran_count++] = '(';
  arena_destroy(region);
  ran[ran_count++] = ')';
}

/* Ends that meet: each region still ends once, and nobody walks over what is gone. */
static void cleanups_may_end_relatives(void **state) {
  (void)state;
  struct arena *root = create(NULL);
  child(root, 'o');
  struct arena *younger = child(root, 'y'), *older;
  assert_int_equal(arena_add_cleanup(younger, destroy_region, younger), 0);
  assert_int_equal(arena_add_cleanup(younger, destroy_region, root), 0);
  note_add(root, 'r');
  arena_destroy(younger); /* it leaves first, so the root's end does not wait for it */
  assert_ran("(or)()y");
  root = create(NULL);
  older = child(root, 'o');
  younger = child(root, 'y');
  assert_int_equal(arena_add_cleanup(younger, destroy_region, older), 0);
  assert_int_equal(arena_add_cleanup(younger, destroy_region, younger), 0);
  assert_int_equal(arena_add_cleanup(younger, destroy_region, root), 0);
  arena_destroy(root);
  assert_ran("()()(o)y");
}

static void deep_family_needs_no_deep_stack(void **state) {
  (void)state;
  struct arena_config c = {.block_size = 16};
  struct arena *root = create(&c);
  c.parent = root;
  for (int depth = 0; depth < 200000; depth++)
    c.parent = create(&c);
  arena_destroy(root);
  assert_int_equal(mallocs_alive, 0);
}

static void destroy_of_null(void **state) {
  (void)state;
  arena_destroy(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      CASE(cleanups_run_newest_first_and_once),
      CASE(cleanups_can_be_removed),
      CASE(cleanup_without_function),
      CASE(cleanups_run_before_memory_goes),
      CASE(cleanups_run_before_memory_is_rewound),
      CASE(cleanups_may_change_the_region),
      CASE(rewind_takes_back),
      CASE(marks_nest),
      CASE(marks_that_ended_are_refused),
      CASE(rewind_of_a_piece_that_shrank),
      CASE(reset_keeps_the_first_block),
      CASE(children_end_first),
      CASE(child_in_the_middle_leaves),
      CASE(rewind_ends_younger_children),
      CASE(cleanups_may_end_relatives),
      CASE(deep_family_needs_no_deep_stack),
      CASE(destroy_of_null),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
