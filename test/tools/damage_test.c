/* A small dump with every byte changed and cut at every length: each time a message, never a crash.
 *
 * Run from the top directory; make_dump stands beside this program.
 */
#include "dump_read.h"
#include "say.h"
#include "sums.h"
#include "writers.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static struct {
  unsigned char bytes[64 << 10];
  size_t size;
  FILE *null;
  unsigned seed; /* counts, so that each writer has its turn */
} dump;

static void make_small(char *path) {
  char self[PATH_MAX] = "", command[2 * PATH_MAX];
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0)
    abort();
  *strrchr(self, '/') = '\0';
  snprintf(command, sizeof command, "%s/make_dump %s <test/tools/small.txt", self, path);
  assert_int_equal(system(command), 0);
}

static int setup(void **state) {
  (void)state;
  char path[] = "/tmp/damage_test.XXXXXX";
  close(mkstemp(path));
  make_small(path);
  FILE *f = fopen(path, "rb");
  dump.size = f == NULL ? 0 : fread(dump.bytes, 1, sizeof dump.bytes, f);
  fclose(f);
  unlink(path);
  dump.null = fopen("/dev/null", "w");
  say_to(NULL);
  return dump.size == 0 || dump.size == sizeof dump.bytes;
}

/* Parses, reports in every way and exports in one; returns how many messages that took. */
static unsigned messages(const unsigned char *bytes, size_t size) {
  unsigned before = say_count();
  unsigned char *copy = malloc(size > 0 ? size : 1); /* exactly as large: reading on is seen */
  memcpy(copy, bytes, size);
  struct dump *d = dump_parse("small", copy, size);
  free(copy);
  unsigned said = say_count() - before;
  if (d != NULL)
    writers_all(d, dump.seed++, 1, dump.null);
  dump_close(d);
  return said;
}

static void whole(void **state) {
  (void)state;
  assert_int_equal(messages(dump.bytes, dump.size), 0);
}

static void every_length(void **state) {
  (void)state;
  for (size_t size = 0; size < dump.size; size++)
    if (messages(dump.bytes, size) == 0)
      fail_msg("nothing was said about a dump cut at %zu", size);
}

static void every_byte(void **state) {
  (void)state;
  static const unsigned char flips[] = {1, 2, 4, 8, 16, 32, 64, 128, 255};
  for (size_t i = 0; i < dump.size; i++)
    for (size_t f = 0; f < sizeof flips; f++) {
      dump.bytes[i] ^= flips[f];
      unsigned said = messages(dump.bytes, dump.size);
      dump.bytes[i] ^= flips[f];
      if (said == 0)
        fail_msg("nothing was said about byte %zu flipped by %#x", i, flips[f]);
    }
}

/* What is wrong with right checksums, as a fault of a writer would be. */
static void every_byte_mended(void **state) {
  (void)state;
  static const unsigned char values[] = {0x00, 0x01, 0x7F, 0xFF};
  unsigned char *copy = malloc(dump.size);
  for (size_t i = 0; i < dump.size; i++)
    for (size_t v = 0; v < sizeof values; v++) {
      memcpy(copy, dump.bytes, dump.size);
      copy[i] = values[v];
      sums_mend(copy, dump.size);
      messages(copy, dump.size);
    }
  free(copy);
}

static void bytes_after_the_end(void **state) {
  (void)state;
  dump.bytes[dump.size] = 7;
  assert_int_equal(messages(dump.bytes, dump.size + 1), 1);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole), cmocka_unit_test(every_length), cmocka_unit_test(every_byte),
      cmocka_unit_test(every_byte_mended), cmocka_unit_test(bytes_after_the_end)};
  return cmocka_run_group_tests_name("damage", tests, setup, NULL);
}
