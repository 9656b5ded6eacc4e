/* Mends UTF-8 by Unicode's table 3-7 of well-formed bytes; contract in utf8.h. */
#include "utf8.h"
#include "say.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The second byte's range keeps overlong forms, surrogates and all above U+10FFFF out. */
static bool second_fits(unsigned char lead, unsigned char second) {
  unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  return second >= low && second <= high;
}

/* Bytes of the character that starts here, 0 when none does. */
static size_t character_bytes(const unsigned char *p) {
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

char *utf8_copy(const char *text) {
  static const char stand_in[] = "\xEF\xBF\xBD";
  char *copy = must_alloc(strlen(text) * (sizeof stand_in - 1) + 1), *to = copy;
  while (*text != '\0') {
    size_t bytes = character_bytes((const unsigned char *)text);
    to = mempcpy(to, bytes > 0 ? text : stand_in, bytes > 0 ? bytes : sizeof stand_in - 1);
    text += bytes > 0 ? bytes : 1;
  }
  *to = '\0';
  return copy;
}
