/* Copies as UTF-8; contract in utf8_copy.h. */
#include "utf8_copy.h"
#include "say.h"

#include <string.h>

char *utf8_copy(const char *text) {
  static const char stand_in[] = "\xEF\xBF\xBD";
  char *copy = must_alloc(strlen(text) * (sizeof stand_in - 1) + 1), *to = copy;
  while (*text != '\0') {
    size_t bytes = utf8_bytes(text);
    to = mempcpy(to, bytes > 0 ? text : stand_in, bytes > 0 ? bytes : sizeof stand_in - 1);
    text += bytes > 0 ? bytes : 1;
  }
  *to = '\0';
  return copy;
}

char *utf8_shown(const char *text) {
  char *copy = must_alloc(strlen(text) * (sizeof "\\xff" - 1) + 1), *to = copy;
  for (char shown[UTF8_SHOWN_MAX]; *text != '\0'; to = stpcpy(to, shown))
    text += utf8_step(text, shown);
  *to = '\0';
  return copy;
}
