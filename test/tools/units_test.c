/* Numbers in words, at every switch of a unit; sizes that a user types. */
#include "units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { KIB = 1 << 10, MIB = 1 << 20 };

static void is(uint64_t value, enum unit unit, const char *wanted) {
  char name[UNITS_MAX];
  units_name(value, unit, false, name);
  assert_string_equal(name, wanted);
}

static void bytes_by_powers_of_1024(void **state) {
  (void)state;
  is(0, UNIT_BYTES, "0 B");
  is(999, UNIT_BYTES, "999 B");
  is(1000, UNIT_BYTES, "1000 B");
  is(1023, UNIT_BYTES, "1023 B");
  is(1024, UNIT_BYTES, "1.00 KiB");
  is(10234, UNIT_BYTES, "9.99 KiB");
  is(10235, UNIT_BYTES, "10.0 KiB"); /* 9.995 */
  is(102348, UNIT_BYTES, "99.9 KiB");
  is(102349, UNIT_BYTES, "100 KiB"); /* 99.95 */
  is(1000 * KIB, UNIT_BYTES, "1000 KiB");
  is(1023 * KIB + KIB / 2 - 1, UNIT_BYTES, "1023 KiB");
  is(1023 * KIB + KIB / 2, UNIT_BYTES, "1.00 MiB"); /* 1023.5 KiB */
  is(MIB, UNIT_BYTES, "1.00 MiB");
  is(UINT64_C(1023) * MIB + MIB / 2 - 1, UNIT_BYTES, "1023 MiB");
  is(UINT64_C(1) << 30, UNIT_BYTES, "1.00 GiB");
  is(UINT64_C(1) << 40, UNIT_BYTES, "1.00 TiB");
  is(UINT64_C(1) << 50, UNIT_BYTES, "1.00 PiB");
  is(UINT64_C(1) << 63, UNIT_BYTES, "8.00 EiB");
  is(UINT64_MAX, UNIT_BYTES, "16.0 EiB");
}

static void counts_by_powers_of_1000(void **state) {
  (void)state;
  is(0, UNIT_COUNT, "0");
  is(999, UNIT_COUNT, "999");
  is(1000, UNIT_COUNT, "1.00k");
  is(1023, UNIT_COUNT, "1.02k");
  is(9994, UNIT_COUNT, "9.99k");
  is(9996, UNIT_COUNT, "10.0k");
  is(99949, UNIT_COUNT, "99.9k");
  is(99951, UNIT_COUNT, "100k");
  is(999499, UNIT_COUNT, "999k");
  is(999500, UNIT_COUNT, "1.00M"); /* 999.5 k */
  is(UINT64_C(999500000), UNIT_COUNT, "1.00G");
  is(UINT64_C(1) << 63, UNIT_COUNT, "9.22E");
  is(UINT64_MAX, UNIT_COUNT, "18.4E");
}

/* Of all values from one switch to the next the text has three digits, or four from 1000 to 1023,
 * and never shrinks by a unit while the value grows. */
static void three_digits_everywhere(void **state) {
  (void)state;
  for (uint64_t value = 1024; value < UINT64_MAX / 2; value += value / 997 + 1) {
    char name[UNITS_MAX];
    unsigned digits = 0;
    units_name(value, UNIT_BYTES, false, name);
    for (const char *c = name; *c != ' '; c++)
      digits += *c != '.';
    assert_true(digits == 3 || (digits == 4 && strncmp(name, "10", 2) == 0));
    units_name(value, UNIT_COUNT, false, name);
    assert_true(strcspn(name, "kMGTPE") == 3 || strcspn(name, "kMGTPE") == 4);
  }
}

static void exact_numbers_have_all_digits(void **state) {
  char name[UNITS_MAX];
  (void)state;
  units_name(1024, UNIT_BYTES, true, name);
  assert_string_equal(name, "1024");
  units_name(UINT64_MAX, UNIT_COUNT, true, name);
  assert_string_equal(name, "18446744073709551615");
  units_bytes(UINT64_MAX, true, name);
  assert_string_equal(name, "18446744073709551615 bytes");
  units_bytes(1536, false, name);
  assert_string_equal(name, "1.50 KiB");
}

static void percentages(void **state) {
  char name[UNITS_MAX];
  (void)state;
  units_percent(32, 100, name);
  assert_string_equal(name, "32.0%");
  units_percent(902, 1000, name);
  assert_string_equal(name, "90.2%");
  units_percent(UINT64_MAX, UINT64_MAX, name);
  assert_string_equal(name, "100.0%");
  units_percent(0, 5, name);
  assert_string_equal(name, "0.0%");
  units_percent(5, 0, name);
  assert_string_equal(name, "-");
}

static void reads(const char *word, uint64_t wanted) {
  uint64_t bytes = ~wanted;
  assert_true(units_read(word, &bytes));
  assert_int_equal(bytes, wanted);
}

static void sizes_that_a_user_types(void **state) {
  static const char *const wrong[] = {"",
                                      "x",
                                      "K",
                                      "1Q",
                                      "1KB",
                                      "-1",
                                      "+1",
                                      " 1",
                                      "1 KiB",
                                      "1.5K",
                                      "1ki",
                                      "1KiBs",
                                      "1BiB",
                                      "1iB",
                                      "16777216T",
                                      "18446744073709551616",
                                      "18446744073709551615K"};
  uint64_t bytes = 7;
  (void)state;
  reads("0", 0);
  reads("500000", 500000);
  reads("5B", 5);
  reads("64K", 64 * KIB);
  reads("64KiB", 64 * KIB);
  reads("20M", UINT64_C(20) * MIB);
  reads("20MiB", UINT64_C(20) * MIB);
  reads("1G", UINT64_C(1) << 30);
  reads("1GiB", UINT64_C(1) << 30);
  reads("3TiB", UINT64_C(3) << 40);
  reads("18446744073709551615", UINT64_MAX);
  reads("16777215T", UINT64_C(16777215) << 40);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(units_read(wrong[i], &bytes));
  assert_int_equal(bytes, 7);
}

static void counts_that_a_user_types(void **state) {
  static const char *const wrong[] = {
      "", "x", "-1", "+1", " 1", "1.5", "1K", "1 ", "18446744073709551616"};
  uint64_t count = 7;
  (void)state;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(units_count_read(wrong[i], &count));
  assert_int_equal(count, 7);
  assert_true(units_count_read("0", &count) && count == 0);
  assert_true(units_count_read("0012", &count) && count == 12);
  assert_true(units_count_read("18446744073709551615", &count) && count == UINT64_MAX);
}

static void lasts(const char *word, uint64_t wanted) {
  uint64_t ns = ~wanted;
  assert_true(units_time_read(word, &ns));
  assert_int_equal(ns, wanted);
}

static void times_that_a_user_types(void **state) {
  static const char *const wrong[] = {"",     "x",  "s",   "-1",  "+1",   " 1",    "1 s",   "1w",
                                      "1sec", "1S", "inf", "nan", "1:30", "1e999", "10950d"};
  uint64_t ns = 7;
  (void)state;
  lasts("0", 0);
  lasts("90", UINT64_C(90000000000));
  lasts("90s", UINT64_C(90000000000));
  lasts("1.5m", UINT64_C(90000000000));
  lasts("250ms", 250000000);
  lasts("2h", UINT64_C(7200000000000));
  lasts("3d", UINT64_C(259200000000000));
  lasts("10949d", UINT64_C(945993600000000000));
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    assert_false(units_time_read(wrong[i], &ns));
  assert_int_equal(ns, 7);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bytes_by_powers_of_1024),
      cmocka_unit_test(counts_by_powers_of_1000),
      cmocka_unit_test(three_digits_everywhere),
      cmocka_unit_test(exact_numbers_have_all_digits),
      cmocka_unit_test(percentages),
      cmocka_unit_test(sizes_that_a_user_types),
      cmocka_unit_test(counts_that_a_user_types),
      cmocka_unit_test(times_that_a_user_types),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
