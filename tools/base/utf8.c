/* Mends UTF-8 by Unicode's table 3-7 of well-formed bytes; contract in utf8.h.
 *
 * The shim has the same rule for its own messages and reports (arena/foreign.c).
 */
#include "utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The second byte's range keeps overlong forms, surrogates and all above U+10FFFF out. */
static bool second_fits(unsigned char lead, unsigned char second) {
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

size_t utf8_bytes(const char *text) {
  const unsigned char *p = (const unsigned char *)text;
  size_t bytes = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
  if (bytes < 2)
    return bytes;
  if (p[0] > 0xF4 || !second_fits(p[0], p[1]))
    return 0;
  for (size_t i = 2; i < bytes; i++)
    if ((p[i] & 0xC0) != 0x80)
      return 0;
  return bytes;
}

static uint32_t code_point(const unsigned char *p, size_t bytes) {
  uint32_t code = bytes == 1 ? p[0] : p[0] & (0x7Fu >> bytes);
  for (size_t i = 1; i < bytes; i++)
    code = code << 6 | (p[i] & 0x3F);
  return code;
}

/* Sorted, both ends inclusive. */
static const struct {
  uint32_t first, last;
} unseen[] = {{0x00, 0x1F},      {0x7F, 0x9F},     {0xAD, 0xAD},       {0x61C, 0x61C},
              {0x180E, 0x180E},  {0x200B, 0x200F}, {0x2028, 0x202E},   {0x2060, 0x206F},
              {0xFEFF, 0xFEFF},  {0xFFF9, 0xFFFB}, {0x1BCA0, 0x1BCA3}, {0x1D173, 0x1D17A},
              {0xE0000, 0xE007F}};

static bool is_unseen(uint32_t code) {
  for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
    if (code >= unseen[i].first && code <= unseen[i].last)
      return true;
  return false;
}

size_t utf8_step(const char *text, char shown[UTF8_SHOWN_MAX]) {
  const unsigned char *p = (const unsigned char *)text;
  size_t bytes = utf8_bytes(text);
  uint32_t code = code_point(p, bytes > 0 ? bytes : 1);
  if (bytes > 0 && !is_unseen(code))
    *(char *)mempcpy(shown, text, bytes) = '\0';
  else
    snprintf(shown, UTF8_SHOWN_MAX,
             bytes < 2        ? "\\x%02x"
             : code <= 0xFFFF ? "\\u%04x"
                              : "\\U%08x",
             (unsigned)(bytes < 2 ? p[0] : code));
  return bytes > 0 ? bytes : 1;
}

void utf8_print(const char *text, FILE *to) {
  for (char shown[UTF8_SHOWN_MAX]; *text != '\0'; fputs(shown, to))
    text += utf8_step(text, shown);
}
