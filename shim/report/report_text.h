/* What the parts of the text report write with: columns, lines, and room made in time. */
#ifndef SHIM_REPORT_TEXT_H
#define SHIM_REPORT_TEXT_H

#include "text.h"

enum { LINE_ROOM = 512, LINE_COLUMNS = 80 }; /* bytes: more than any line has */

static inline bool report_flush(struct text *t, int fd) {
  bool ok = text_write(t, fd);
  t->length = 0;
  return ok;
}

/* Before a line: writes what is there when it gets tight. */
static inline bool report_room(struct text *t, int fd) {
  return t->capacity - t->length >= LINE_ROOM || report_flush(t, fd);
}

static inline void report_line(struct text *t, const char *s) {
  text_str(t, s);
  text_char(t, '\n');
}

/* "  name            number" */
static inline void report_amount(struct text *t, const char *name, uint64_t n) {
  text_str(t, "  ");
  text_str_left(t, name, 44);
  text_u64_right(t, n, 18);
  text_char(t, '\n');
}

/* "<=number": an upper bound. */
static inline void report_peak(struct text *t, uint64_t n, bool is_bound, unsigned width) {
  char bytes[32];
  struct text s = {.bytes = bytes, .capacity = sizeof bytes - 1};
  text_str(&s, is_bound ? "<=" : "");
  text_u64(&s, n);
  bytes[s.length] = '\0';
  text_str_right(t, bytes, width);
}

#endif
