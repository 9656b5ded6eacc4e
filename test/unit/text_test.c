/* Text into a fixed buffer: numbers, columns, what does not fit, writing. */
#include "heap_setup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/time.h>

#include "check.h"
#include "text.h"

static void expect(const struct text *t, const char *expected) {
  assert_int_equal(t->length, strlen(expected));
  assert_memory_equal(t->bytes, expected, t->length);
}

static const uint64_t numbers[] = {0,       1,          9,          10,         99,
                                   100,     4294967295, 4294967296, 1000000000, UINT64_MAX - 1,
                                   1234567, UINT64_MAX, INT64_MAX,  15,         16};

static void test_numbers(void **state) {
  (void)state;
  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
    char bytes[64], expected[64];
    struct text t = TEXT_ON(bytes);
    text_u64(&t, numbers[i]);
    text_char(&t, ' ');
    text_hex(&t, numbers[i]);
    snprintf(expected, sizeof expected, "%" PRIu64 " 0x%" PRIx64, numbers[i], numbers[i]);
    expect(&t, expected);
    assert_false(t.full);
  }
}

static void test_number_columns(void **state) {
  (void)state;
  for (unsigned i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
    for (int width = 0; width < 30; width++) {
      char bytes[64], expected[64];
      struct text t = TEXT_ON(bytes);
      text_u64_right(&t, numbers[i], (unsigned)width);
      snprintf(expected, sizeof expected, "%*" PRIu64, width, numbers[i]);
      expect(&t, expected);
    }
}

/* What is shown for a text in so many columns, and how many of them it fills. */
static void expect_foreign(const char *text, unsigned columns, const char *shown, unsigned filled) {
  char bytes[64];
  struct text t = TEXT_ON(bytes);
  assert_int_equal(text_foreign(&t, text, columns), filled);
  expect(&t, shown);
  assert_false(t.full);
}

static void test_foreign(void **state) {
  (void)state;
  expect_foreign("", 9, "", 0);
  expect_foreign("plain \\ text", 60, "plain \\ text", 12);
  expect_foreign("\x1b[m\n\x7f\x01", 60, "\\x1b[m\\x0a\\x7f\\x01", 18);
  expect_foreign("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 60,
                 "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", 8);
  expect_foreign("\xc2\x9b\xe2\x80\xae\xe2\x80\xa8\xef\xbb\xbf", 60, "\\u009b\\u202e\\u2028\\ufeff",
                 24);
  expect_foreign("\xf3\xa0\x81\x81", 60, "\\U000e0041", 10);
  expect_foreign("\xff\xc3", 60, "\\xff\\xc3", 8);
  expect_foreign("\xc0\x80\xed\xa0\x80", 60, "\\xc0\\x80\\xed\\xa0\\x80", 20);
  expect_foreign("\xf4\x90\x80\x80", 60, "\\xf4\\x90\\x80\\x80", 16);
  expect_foreign("ab\x1b", 5, "ab", 2); /* an escape is whole or not there */
  expect_foreign("ab\xc3\xa9z", 3, "ab\xc3\xa9", 3);
}

static void test_foreign_without_room(void **state) {
  (void)state;
  for (size_t room = 0; room < 12; room++) {
    char bytes[12] = "";
    struct text t = {.bytes = bytes, .capacity = room};
    text_foreign(&t, "\xe2\x82\xac\x1b\xe2\x82\xac", 60);
    assert_int_equal(t.length, room < 3 ? 0 : room < 7 ? 3 : room < 10 ? 7 : 10);
    assert_int_equal(t.full, room < 10);
  }
}

static void test_words(void **state) {
  (void)state;
  char bytes[64];
  struct text t = TEXT_ON(bytes);
  text_str(&t, "");
  text_str(&t, "one");
  text_str_right(&t, "r", 4);
  text_str_left(&t, "l", 3);
  text_str_left(&t, "wider", 3);
  text_str_right(&t, "wider", 3);
  assert_int_equal(t.length, 3 + 4 + 3 + 5 + 5);
  assert_memory_equal(bytes, "one   rl  widerwider", t.length);
  assert_false(t.full);
}

/* One writer of each kind, into 0..n bytes: the prefix, and `full` exactly when cut. */
static void write_all(struct text *t) {
  text_char(t, 'c');
  text_str(t, "str");
  text_u64(t, 1234);
  text_hex(t, 0xbeef);
  text_u64_right(t, 7, 4);
  text_str_right(t, "r", 3);
  text_str_left(t, "l", 3);
  text_str(t, "\n");
}

static void test_truncation(void **state) {
  (void)state;
  static const char whole[] = "cstr12340xbeef   7  rl  \n";
  const size_t length = sizeof whole - 1;
  for (size_t capacity = 0; capacity < length + 3; capacity++) {
    char bytes[64];
    memset(bytes, '#', sizeof bytes);
    struct text t = {.bytes = bytes, .capacity = capacity};
    write_all(&t);
    size_t fits = capacity < length ? capacity : length;
    assert_int_equal(t.length, fits);
    assert_memory_equal(bytes, whole, fits);
    assert_int_equal(bytes[fits], '#');
    assert_int_equal(t.full, capacity < length);
  }
}

static void test_full_stays(void **state) {
  (void)state;
  char bytes[4];
  struct text t = TEXT_ON(bytes);
  text_str(&t, "four");
  assert_false(t.full);
  text_str(&t, "");
  assert_false(t.full);
  text_char(&t, '5');
  assert_true(t.full);
  text_str(&t, "");
  assert_true(t.full);
  expect(&t, "four");
}

static void test_write(void **state) {
  (void)state;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  char bytes[32], got[64];
  struct text t = TEXT_ON(bytes);
  assert_true(text_write(&t, -1)); /* nothing to write cannot fail */
  text_str(&t, "through a pipe\n");
  assert_true(text_write(&t, ends[1]));
  close(ends[1]);
  assert_int_equal(read(ends[0], got, sizeof got), t.length);
  assert_memory_equal(got, bytes, t.length);
  close(ends[0]);
}

static void test_write_refused(void **state) {
  (void)state;
  char bytes[32];
  struct text t = TEXT_ON(bytes);
  text_str(&t, "lost");
  errno = 0;
  assert_false(text_write(&t, -1));
  assert_int_equal(errno, EBADF);
  int full = open("/dev/full", O_WRONLY);
  assert_true(full >= 0);
  assert_false(text_write(&t, full));
  assert_int_equal(errno, ENOSPC);
  close(full);
}

static void full_pipe(int ends[2]) {
  assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
  while (write(ends[1], "x", 1) == 1)
    ;
  assert_int_equal(errno, EAGAIN);
}

/* Nobody reads, and the descriptor does not block: given up, not for ever. */
static void test_write_to_a_stopped_reader(void **state) {
  (void)state;
  char bytes[32];
  struct text t = TEXT_ON(bytes);
  text_str(&t, "lost");
  int ends[2];
  full_pipe(ends);
  uint32_t start = os_now_ms();
  assert_false(text_write(&t, ends[1]));
  assert_int_equal(errno, EAGAIN);
  assert_in_range(os_now_ms() - start, 900, 5000);
  close(ends[0]);
  close(ends[1]);
}

static void on_alarm(int signal) { (void)signal; }

static void drain(int from, size_t bytes) {
  static char got[1 << 16];
  usleep(20000); /* the writer is blocked and interrupted meanwhile */
  while (bytes > 0) {
    ssize_t n = read(from, got, sizeof got);
    require(n > 0 || errno == EINTR);
    for (ssize_t i = 0; i < n; i++)
      require(got[i] == 'x');
    bytes -= n > 0 ? (size_t)n : 0;
  }
}

/* A write larger than a pipe, interrupted by signals: partial writes, EINTR and EAGAIN go on. */
static void write_interrupted(int flags) {
  static char bytes[1 << 20];
  struct text t = TEXT_ON(bytes);
  memset(bytes, 'x', sizeof bytes);
  t.length = sizeof bytes;
  int ends[2];
  assert_int_equal(pipe(ends), 0);
  assert_int_equal(fcntl(ends[1], F_SETFL, flags), 0);
  pid_t reader = fork();
  if (reader == 0) {
    close(ends[1]);
    drain(ends[0], sizeof bytes);
    _exit(0);
  }
  struct sigaction action = {.sa_handler = on_alarm}; /* no SA_RESTART */
  sigaction(SIGALRM, &action, NULL);
  struct itimerval often = {.it_interval = {.tv_usec = 2000}, .it_value = {.tv_usec = 2000}};
  setitimer(ITIMER_REAL, &often, NULL);
  errno = 77;
  bool written = text_write(&t, ends[1]);
  int error = errno;
  setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
  close(ends[1]);
  int status;
  assert_int_equal(waitpid(reader, &status, 0), reader);
  assert_int_equal(status, 0);
  assert_true(written);
  assert_int_equal(error, 77);
  close(ends[0]);
}

static void test_write_interrupted(void **state) {
  (void)state;
  write_interrupted(0);
}

static void test_write_to_a_slow_reader(void **state) {
  (void)state;
  write_interrupted(O_NONBLOCK);
}

static void fail_a_check(void) { check(1 + 1 == 3, "the sum is wrong"); }

static void test_failed_check(void **state) {
  (void)state;
  char said[256];
  death_of(fail_a_check, said, sizeof said);
  assert_string_equal(said, "arenashim: the sum is wrong\n");
}

int main(void) {
  test_start();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers),
      cmocka_unit_test(test_number_columns),
      cmocka_unit_test(test_foreign),
      cmocka_unit_test(test_foreign_without_room),
      cmocka_unit_test(test_words),
      cmocka_unit_test(test_truncation),
      cmocka_unit_test(test_full_stays),
      cmocka_unit_test(test_write),
      cmocka_unit_test(test_write_refused),
      cmocka_unit_test(test_write_to_a_stopped_reader),
      cmocka_unit_test(test_write_interrupted),
      cmocka_unit_test(test_write_to_a_slow_reader),

      cmocka_unit_test(test_failed_check),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
