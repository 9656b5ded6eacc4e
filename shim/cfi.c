/* Unwind information, only looked through; contract in cfi.h.
 *
 *   .eh_frame_hdr   a sorted table: function's start, its FDE       (binary search)
 *   FDE             which CIE, start, length, program of opcodes
 *   CIE             shared by many FDEs: encodings, first part of the program
 *
 * Only the forms that linkers for this processor write are understood.
 */
#include "cfi.h"

#include <dlfcn.h>
#include <string.h>

static int (*find_object)(void *, struct dl_find_object *);

bool cfi_open(void) {
  void *found = dlsym(RTLD_DEFAULT, "_dl_find_object");
  memcpy(&find_object, &found, sizeof found);
  return found != NULL;
}

/* ---- bytes ---- */

/* What is left to read; at > end never happens: a read too many sets `broken`. */
struct bytes {
  const unsigned char *at, *end;
  bool broken;
};

static void skip(struct bytes *b, size_t n) {
  b->broken |= n > (size_t)(b->end - b->at);
  b->at = b->broken ? b->end : b->at + n;
}

static unsigned read_u8(struct bytes *b) {
  const unsigned char *at = b->at;
  skip(b, 1);
  return b->broken ? 0 : *at;
}

static uint32_t read_u32(struct bytes *b) {
  const unsigned char *at = b->at;
  uint32_t value = 0;
  skip(b, sizeof value);
  if (!b->broken)
    memcpy(&value, at, sizeof value);
  return value;
}

static uint64_t read_uleb(struct bytes *b) {
  uint64_t value = 0;
  for (unsigned shift = 0, byte = 0x80; (byte & 0x80) != 0 && !b->broken; shift += 7) {
    byte = read_u8(b);
    value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
  }
  return value;
}

/* A record that begins with its length. */
static struct bytes record_at(const unsigned char *at) {
  struct bytes b = {.at = at, .end = at + sizeof(uint32_t)};
  uint32_t length = read_u32(&b);
  b.broken = length < sizeof(uint32_t) || length >= 0xfffffff0; /* an end mark, 64-bit forms */
  b.end = b.at + (b.broken ? 0 : length);
  return b;
}

/* ---- the table ---- */

enum { HEADER = 0x3b031b01, ROWS_AT = 12 }; /* version 1; the encodings that linkers write */

struct row {
  int32_t start, fde; /* both from the table's header */
};

/* The last row whose start is not above ip; false if there is none. */
static bool find_row(const unsigned char *header, uintptr_t ip, struct row *found) {
  struct bytes b = {.at = header, .end = header + ROWS_AT};
  uint32_t form = read_u32(&b);
  skip(&b, sizeof(int32_t));
  uint32_t low = 0, high = read_u32(&b);
  if (form != HEADER)
    return false;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    struct row r;
    memcpy(&r, header + ROWS_AT + sizeof r * middle, sizeof r);
    if ((uintptr_t)header + (uintptr_t)(intptr_t)r.start <= ip) {
      low = middle + 1;
      *found = r;
    } else {
      high = middle;
    }
  }
  return low > 0;
}

/* ---- programs ---- */

/* What follows each opcode below 0x30: so many LEB numbers; or bytes (a, b, d: 1, 2, 4);
 * p: a pointer; x: an expression, a value that is computed, or nothing known. */
static const char operands[] = "0pabd2111200211xx"          /* 0x00..0x10 */
                               "221xxx"                     /* 0x11..0x16 */
                               "xxxxxxxxxxxxxxxxxxxxxxx12"; /* 0x17..0x2f */
static_assert(sizeof operands == 0x30 + 1, "one letter an opcode");

static char operands_of(unsigned opcode) {
  if (opcode >= 0x40) /* advance, offset, restore: one operand is in the opcode */
    return "010"[(opcode >> 6) - 1];
  if (opcode + 1 < sizeof operands)
    return operands[opcode];
  return 'x';
}

static bool program_is_plain(struct bytes b, size_t pointer) {
  while (b.at < b.end && !b.broken) {
    char kind = operands_of(read_u8(&b));
    if (kind == 'x')
      return false;
    if (kind == '2')
      read_uleb(&b);
    if (kind == '1' || kind == '2')
      read_uleb(&b);
    if (kind == 'p' || (kind >= 'a' && kind <= 'd'))
      skip(&b, kind == 'p' ? pointer : (size_t)1 << (kind == 'd' ? 2 : kind - 'a'));
  }
  return !b.broken;
}

/* ---- records ---- */

static size_t pointer_bytes(unsigned encoding) {
  switch (encoding & 0x0f) {
  case 0x00: /* absolute */
  case 0x04:
  case 0x0c:
    return 8;
  case 0x03:
  case 0x0b:
    return 4;
  default:
    return 0;
  }
}

/* The bytes of a pointer in the FDEs of this CIE; 0: not plain. */
static size_t cie_pointer(const unsigned char *at) {
  struct bytes b = record_at(at);
  size_t pointer = 0;
  bool known = read_u32(&b) == 0;
  unsigned version = read_u8(&b);
  const char *letters = (const char *)b.at;
  size_t length = strnlen(letters, (size_t)(b.end - b.at));
  skip(&b, length + 1);
  if (!known || version != 1 || length == 0 || letters[0] != 'z')
    return 0;
  read_uleb(&b); /* code alignment */
  read_uleb(&b); /* data alignment */
  skip(&b, 1);   /* return address column */
  uint64_t size = read_uleb(&b);
  struct bytes program = b;
  skip(&program, size);
  for (unsigned i = 1; i < length && known; i++) {
    known = letters[i] == 'R' || letters[i] == 'P' || letters[i] == 'L';
    unsigned encoding = known ? read_u8(&b) : 0;
    if (letters[i] == 'R')
      pointer = pointer_bytes(encoding);
    if (letters[i] == 'P')
      skip(&b, pointer_bytes(encoding));
  }
  return known && !b.broken && program_is_plain(program, pointer) ? pointer : 0;
}

static bool fde_is_plain(const unsigned char *at, uint64_t offset) {
  struct bytes b = record_at(at);
  const unsigned char *id = b.at;
  uint32_t back = read_u32(&b);
  size_t pointer = b.broken || back == 0 ? 0 : cie_pointer(id - back);
  if (pointer == 0)
    return false;
  skip(&b, pointer); /* start: known from the table */
  uint64_t length = 0;
  const unsigned char *place = b.at;
  skip(&b, pointer);
  if (!b.broken)
    memcpy(&length, place, pointer);
  skip(&b, read_uleb(&b)); /* augmentation */
  return !b.broken && offset < length && program_is_plain(b, pointer);
}

bool cfi_is_plain(uintptr_t ip) {
  struct dl_find_object object;
  struct row row = {0};
  if (find_object((void *)ip, &object) != 0 || object.dlfo_eh_frame == NULL)
    return false;
  const unsigned char *header = object.dlfo_eh_frame;
  return find_row(header, ip, &row) &&
         fde_is_plain(header + row.fde, ip - ((uintptr_t)header + (uintptr_t)(intptr_t)row.start));
}
