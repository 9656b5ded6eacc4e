/* Slicing by 8 (Kounavis and Berry): eight table look-ups for eight bytes, none of which waits for
 * another.  table[k][b] is the checksum of byte b followed by k zero bytes. */
#include "crc.h"

#include <string.h>

enum { SLICES = 8 };
#define POLYNOMIAL UINT32_C(0xEDB88320)

static uint32_t table[SLICES][256];
static _Atomic bool made;

/* Two threads may make it at once: they write the same. */
static void make_table(void) {
  for (uint32_t b = 0; b < 256; b++) {
    uint32_t crc = b;
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
    table[0][b] = crc;
  }
  for (int k = 1; k < SLICES; k++)
    for (uint32_t b = 0; b < 256; b++)
      table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xff];
  atomic_store_explicit(&made, true, memory_order_release);
}

static uint32_t add_word(uint32_t crc, uint64_t word) {
  word ^= crc;
  uint32_t sum = 0;
  for (int k = 0; k < SLICES; k++)
    sum ^= table[SLICES - 1 - k][word >> 8 * k & 0xff];
  return sum;
}

uint32_t crc_add(uint32_t crc, const void *p, size_t bytes) {
  const unsigned char *at = p;
  if (!atomic_load_explicit(&made, memory_order_acquire))
    make_table();
  crc = ~crc;
  for (; bytes >= sizeof(uint64_t); at += sizeof(uint64_t), bytes -= sizeof(uint64_t)) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    crc = add_word(crc, word);
  }
  for (; bytes > 0; at++, bytes--)
    crc = crc >> 8 ^ table[0][(crc ^ *at) & 0xff];
  return ~crc;
}
