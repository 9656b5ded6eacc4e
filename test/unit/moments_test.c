/* Which moments stay, under a clock of the test's own. */
#include "moments.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)
#define DAY    (86400 * SECOND)

static struct moments m;

static uint64_t time_of(unsigned i) { return m.time_ns[m.order[i]]; }

/* Moments of a whole life, one each base_ns. */
static void live(unsigned capacity, uint64_t base_ns, uint64_t life_ns) {
  m = (struct moments){.capacity = capacity, .base_ns = base_ns};
  for (uint64_t t = base_ns; t <= life_ns; t += base_ns)
    moments_add(&m, t, 1 + t % 1000);
}

static void assert_ordered(void) {
  bool seen[MOMENTS_MAX] = {false};
  assert_true(m.count <= m.capacity);
  for (unsigned i = 0; i < m.count; i++) {
    assert_true(m.order[i] < m.capacity);
    assert_false(seen[m.order[i]]);
    seen[m.order[i]] = true;
    if (i > 0)
      assert_true(time_of(i) > time_of(i - 1));
  }
}

/* The largest distance of two neighbours of which the younger is at most that old. */
static uint64_t largest_gap(uint64_t age) {
  uint64_t now = time_of(m.count - 1), largest = 0;
  for (unsigned i = 1; i < m.count; i++)
    if (now - time_of(i) <= age && time_of(i) - time_of(i - 1) > largest)
      largest = time_of(i) - time_of(i - 1);
  return largest;
}

static void a_short_life_is_kept_whole(void **state) {
  (void)state;
  live(256, SECOND / 10, 25 * SECOND);
  assert_int_equal(m.count, 250);
  assert_int_equal(largest_gap(DAY), SECOND / 10);
  assert_ordered();
}

/* A moment each 100 ms for a day: 864,000 of them. */
static void a_day_fits(void **state) {
  (void)state;
  live(256, SECOND / 10, DAY);
  assert_int_equal(m.count, 256);
  assert_ordered();
  assert_int_equal(time_of(0), SECOND / 10);
  assert_int_equal(time_of(255), DAY);
  assert_true(largest_gap(DAY) <= DAY / 48);
  assert_true(largest_gap(3600 * SECOND) <= 900 * SECOND);
  assert_true(largest_gap(60 * SECOND) <= 15 * SECOND);
  assert_true(largest_gap(10 * SECOND) <= 3 * SECOND);
}

/* At every moment of the day, not only at its end. */
static void it_fits_all_the_time(void **state) {
  (void)state;
  m = (struct moments){.capacity = 128, .base_ns = SECOND};
  for (uint64_t t = 1; t <= 86400; t++) {
    moments_add(&m, t * SECOND, 1);
    if (t > 300 && t % 97 == 0) {
      assert_true(largest_gap(DAY) <= t * SECOND / 20);
      assert_true(largest_gap(t * SECOND / 100) <= t * SECOND / 100);
    }
  }
  assert_ordered();
}

static void the_highest_stays(void **state) {
  (void)state;
  m = (struct moments){.capacity = 128, .base_ns = SECOND};
  unsigned highest = 0;
  for (uint64_t t = 1; t <= 20000; t++) {
    unsigned place = moments_add(&m, t * SECOND, t == 777 ? 5000 : t % 1000);
    if (t == 777)
      highest = place;
  }
  assert_int_equal(m.time_ns[highest], 777 * SECOND);
  assert_int_equal(m.highest, highest);
}

/* All may be equally high, so that each of them is the highest. */
static void equal_ones_do_not_hinder(void **state) {
  (void)state;
  m = (struct moments){.capacity = 8, .base_ns = SECOND};
  for (uint64_t t = 1; t <= 1000; t++)
    moments_add(&m, t * SECOND, 7);
  assert_ordered();
  assert_int_equal(time_of(0), SECOND);
  assert_true(largest_gap(1000 * SECOND) < 600 * SECOND);
}

/* A process that rested for long: what was before and after it stays fine. */
static void a_rest_is_a_gap(void **state) {
  (void)state;
  m = (struct moments){.capacity = 256, .base_ns = SECOND};
  for (uint64_t t = 1; t <= 100; t++)
    moments_add(&m, t * SECOND, t);
  for (uint64_t t = 1; t <= 100; t++)
    moments_add(&m, DAY + t * SECOND, t);
  assert_int_equal(m.count, 200);
  assert_true(time_of(100) - time_of(99) > DAY - 100 * SECOND);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_short_life_is_kept_whole), cmocka_unit_test(a_day_fits),
      cmocka_unit_test(it_fits_all_the_time),       cmocka_unit_test(the_highest_stays),
      cmocka_unit_test(equal_ones_do_not_hinder),   cmocka_unit_test(a_rest_is_a_gap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
