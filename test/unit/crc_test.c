/* The checksum of dumps (crc.h) against published answers, and against zlib's crc32. */
#include "apart.h"

#include <zlib.h>

#include "crc.h"

static unsigned char bytes[5000];

static void fill_bytes(void) {
  uint64_t x = 88172645463325252u;
  for (size_t i = 0; i < sizeof bytes; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    bytes[i] = (unsigned char)x;
  }
}

static uint32_t zlibs(size_t from, size_t n) { return (uint32_t)crc32(0, bytes + from, (uInt)n); }

/* The check value of CRC-32/ISO-HDLC in the catalogue of parametrised algorithms is the first. */
static void test_known_answers(void **state) {
  (void)state;
  static const struct {
    const char *text;
    uint32_t crc;
  } known[] = {
      {"123456789", 0xcbf43926},
      {"", 0},
      {"a", 0xe8b7be43},
      {"abc", 0x352441c2},
      {"The quick brown fox jumps over the lazy dog", 0x414fa339},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    require(crc_add(0, known[i].text, strlen(known[i].text)) == known[i].crc);
  static const unsigned char zeros[32];
  require(crc_add(0, zeros, sizeof zeros) == 0x190a55ad);
}

/* All lengths around the sixteen bytes that are taken at once, at every alignment. */
static void test_every_length_and_alignment(void **state) {
  (void)state;
  for (size_t from = 0; from < 17; from++)
    for (size_t n = 0; n < 200; n++)
      require(crc_add(0, bytes + from, n) == zlibs(from, n));
  require(crc_add(0, bytes, sizeof bytes) == zlibs(0, sizeof bytes));
}

/* Two parts give what the whole gives, wherever the cut is; an empty part changes nothing. */
static void test_parts(void **state) {
  (void)state;
  enum { WHOLE = 133 };
  uint32_t whole = zlibs(0, WHOLE);
  for (size_t cut = 0; cut <= WHOLE; cut++)
    require(crc_add(crc_add(0, bytes, cut), bytes + cut, WHOLE - cut) == whole);
  uint32_t crc = 0;
  for (size_t i = 0; i < WHOLE; i++)
    crc = crc_add(crc, bytes + i, 1);
  require(crc == whole && crc_add(crc, bytes, 0) == whole);
}

/* Any single bit that is wrong is seen. */
static void test_each_bit_counts(void **state) {
  (void)state;
  enum { LENGTH = 61 };
  uint32_t right = crc_add(0, bytes, LENGTH);
  for (size_t bit = 0; bit < LENGTH * 8; bit++) {
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
    require(crc_add(0, bytes, LENGTH) != right);
    bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_known_answers),
      cmocka_unit_test(test_every_length_and_alignment),
      cmocka_unit_test(test_parts),
      cmocka_unit_test(test_each_bit_counts),
  };
  test_thread = os_thread_id();
  fill_bytes();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
