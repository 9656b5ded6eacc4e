/* Copies and strings made in a region; nothing here knows what a region looks like inside. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"

void *arena_memdup(struct arena *a, const void *bytes, size_t size) {
  if (bytes == NULL && size != 0) {
    errno = EINVAL;
    return NULL;
  }
  void *copy = arena_alloc(a, size);
  if (copy != NULL && size != 0)
    memcpy(copy, bytes, size);
  return copy;
}

/* Copies length bytes of text, which need not contain a NUL, and adds one. */
static char *text_copy(struct arena *a, const char *text, size_t length) {
  char *copy = arena_alloc(a, length + 1);
  if (copy == NULL)
    return NULL;
  memcpy(copy, text, length);
  copy[length] = '\0';
  return copy;
}

char *arena_strdup(struct arena *a, const char *text) { return arena_strndup(a, text, SIZE_MAX); }

char *arena_strndup(struct arena *a, const char *text, size_t max) {
  if (text == NULL) {
    errno = EINVAL;
    return NULL;
  }
  return text_copy(a, text, strnlen(text, max));
}

/* Formats twice, the first time only for the length: the room at the end of a block must not be
 * written before it is passed out, and most strings are short. */
char *arena_vprintf(struct arena *a, const char *format, va_list args) {
  va_list again;
  va_copy(again, args);
  int length = vsnprintf(NULL, 0, format, again);
  va_end(again);
  char *text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
  if (text != NULL)
    (void)vsnprintf(text, (size_t)length + 1, format, args);
  return text;
}

char *arena_printf(struct arena *a, const char *format, ...) {
  va_list args;
  va_start(args, format);
  char *text = arena_vprintf(a, format, args);
  va_end(args);
  return text;
}
