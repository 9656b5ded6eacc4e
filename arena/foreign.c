/* Text that others wrote as printable UTF-8.  Contract: text_foreign in text.h.
 *
 * Characters that a terminal would obey, that are invisible or that turn the order of their
 * neighbours around are escaped, as \x1b (bytes) or \u202e (characters):
 *
 *   C0, DEL, C1, soft hyphen, marks of direction, line and paragraph separators, zero-width and
 *   other invisible characters, tags, and every byte that is no part of a character
 *
 * A backslash is not escaped.  The command `arenashim` has the same rule (tools/base/utf8.c).
 */
#include "text.h"

/* The range of the second byte excludes overlong forms, surrogates and all above U+10FFFF (Unicode,
 * table 3-7). */
static bool second_fits(unsigned char lead, unsigned char second) {
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

/* Bytes of the character that starts at p; 0 if none does.  Reads no further than a NUL. */
static unsigned character_bytes(const unsigned char *p) {
  if (p[0] < 0x80)
    return 1;
  if (p[0] < 0xC2 || p[0] > 0xF4 || !second_fits(p[0], p[1]))
    return 0;
  unsigned bytes = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
  for (unsigned i = 2; i < bytes; i++)
    if ((p[i] & 0xC0) != 0x80)
      return 0;
  return bytes;
}

static uint32_t code_point(const unsigned char *p, unsigned bytes) {
  uint32_t code = bytes == 1 ? p[0] : p[0] & (0x7Fu >> bytes);
  for (unsigned i = 1; i < bytes; i++)
    code = code << 6 | (p[i] & 0x3F);
  return code;
}

/* Ranges of characters that are escaped, both ends inclusive. */
static const struct {
  uint32_t first, last;
} unseen[] = {{0x00, 0x1F},      {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
              {0x180E, 0x180E},  {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
              {0xFEFF, 0xFEFF},  {0xFFF9, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
              {0xE0000, 0xE007F}};

static bool is_unseen(uint32_t code) {
  for (unsigned i = 0; i < sizeof unseen / sizeof *unseen; i++)
    if (code >= unseen[i].first && code <= unseen[i].last)
      return true;
  return false;
}

/* What is written for a character, and the columns that it fills. */
struct shown {
  char bytes[12];
  unsigned length, columns;
};

static void escape(struct shown *to, char kind, uint32_t code, unsigned digits) {
  to->bytes[0] = '\\';
  to->bytes[1] = kind;
  for (unsigned i = 0; i < digits; i++)
    to->bytes[2 + i] = "0123456789abcdef"[code >> 4 * (digits - 1 - i) & 15];
  to->length = to->columns = 2 + digits;
}

/* Sets *to for the character, or the stray byte, at p.  Returns the bytes that were read. */
static unsigned step(const unsigned char *p, struct shown *to) {
  unsigned bytes = character_bytes(p);
  uint32_t code = code_point(p, bytes > 0 ? bytes : 1);
  if (bytes == 0 || (bytes == 1 && is_unseen(code)))
    escape(to, 'x', p[0], 2);
  else if (is_unseen(code))
    escape(to, code > 0xFFFF ? 'U' : 'u', code, code > 0xFFFF ? 8 : 4);
  else {
    for (unsigned i = 0; i < bytes; i++)
      to->bytes[i] = (char)p[i];
    to->length = bytes;
    to->columns = 1;
  }
  return bytes > 0 ? bytes : 1;
}

unsigned text_foreign(struct text *t, const char *s, unsigned columns) {
  const unsigned char *p = (const unsigned char *)s;
  unsigned filled = 0;
  while (*p != '\0') {
    struct shown c;
    p += step(p, &c);
    if (filled + c.columns > columns)
      break;
    if (t->capacity - t->length < c.length) {
      t->full = true;
      break;
    }
    for (unsigned i = 0; i < c.length; i++)
      text_char(t, c.bytes[i]);
    filled += c.columns;
  }
  return filled;
}
