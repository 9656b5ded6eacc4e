/* Slicing by 16 (Kounavis and Berry): sixteen look-ups for sixteen bytes, none of which waits for
 * another.  table[k][b] is the checksum of byte b followed by k zero bytes. */
#include "crc.h"

#include <string.h>

enum { SLICES = 16, WORD = sizeof(uint64_t) };
#define POLYNOMIAL UINT32_C(0xEDB88320)

static uint32_t table[SLICES][256];
static _Atomic bool made;

/* Two threads may do this at once: they write the same values. */
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

/* The first byte of a word has the most bytes after it. */
static inline uint32_t fold_word(uint64_t word, const uint32_t (*slice)[256]) {
  return slice[7][word & 0xff] ^ slice[6][word >> 8 & 0xff] ^ slice[5][word >> 16 & 0xff] ^
         slice[4][word >> 24 & 0xff] ^ slice[3][word >> 32 & 0xff] ^ slice[2][word >> 40 & 0xff] ^
         slice[1][word >> 48 & 0xff] ^ slice[0][word >> 56];
}

uint32_t crc_add(uint32_t crc, const void *p, size_t bytes) {
  const unsigned char *at = p;
  if (!atomic_load_explicit(&made, memory_order_acquire))
    make_table();
  crc = ~crc;
  for (; bytes >= SLICES; at += SLICES, bytes -= SLICES) {
    uint64_t first, second;
    memcpy(&first, at, WORD);
    memcpy(&second, at + WORD, WORD);
    crc = fold_word(first ^ crc, table + WORD) ^ fold_word(second, table);
  }
  for (; bytes > 0; at++, bytes--)
    crc = crc >> 8 ^ table[0][(crc ^ *at) & 0xff];
  return ~crc;
}
