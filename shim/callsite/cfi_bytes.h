/* Reading unwind information byte by byte, never past its end.  A read that would go past it gives
 * 0 and sets `broken`; so does each later one. */
#ifndef SHIM_CFI_BYTES_H
#define SHIM_CFI_BYTES_H

#include "base.h"

#include <string.h>

/* What is left to read: at <= end always. */
struct bytes {
  const unsigned char *at, *end;
  bool broken;
};

/* Goes n bytes on. */
static inline void skip(struct bytes *b, uint64_t n) {
  b->broken |= n > (uint64_t)(b->end - b->at);
  b->at = b->broken ? b->end : b->at + n;
}

/* An unsigned number of n bytes, at most 8. */
static inline uint64_t read_number(struct bytes *b, size_t n) {
  const unsigned char *at = b->at;
  uint64_t value = 0;
  skip(b, n);
  if (!b->broken)
    memcpy(&value, at, n);
  return value;
}

static inline unsigned read_u8(struct bytes *b) { return (unsigned)read_number(b, 1); }
static inline uint32_t read_u32(struct bytes *b) { return (uint32_t)read_number(b, 4); }

/* A number in LEB128: seven bits a byte, lowest first; *bits says how many there were.  Bits above
 * the 64th are dropped. */
static inline uint64_t read_leb(struct bytes *b, unsigned *bits) {
  uint64_t value = 0;
  unsigned shift = 0;
  for (unsigned byte = 0x80; (byte & 0x80) != 0 && !b->broken; shift += 7) {
    byte = read_u8(b);
    value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
  }
  *bits = shift;
  return value;
}
static inline uint64_t read_uleb(struct bytes *b) {
  unsigned bits;
  return read_leb(b, &bits);
}
static inline int64_t read_sleb(struct bytes *b) {
  unsigned bits;
  uint64_t value = read_leb(b, &bits);
  bool negative = bits > 0 && bits < 64 && (value >> (bits - 1) & 1) != 0;
  return (int64_t)(negative ? value | UINT64_MAX << bits : value);
}

#endif
