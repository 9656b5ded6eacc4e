/* What the parts of the text report share: lines, columns, and a buffer that is flushed in time.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing; what does not
 * fit into *t is dropped.
 */
#ifndef SHIM_REPORT_TEXT_H
#define SHIM_REPORT_TEXT_H

#include "text.h"

enum { LINE_ROOM = 512, LINE_COLUMNS = 80 }; /* bytes: more than any line has */

/* Writes the buffer out and empties it.  Returns false if that failed. */
static inline bool report_flush(struct text *t, int fd) {
  bool ok = text_write(t, fd);
  t->length = 0;
  return ok;
}

/* Before a line: flushes the buffer if it might not have room.  Returns false if a write failed. */
static inline bool report_room(struct text *t, int fd) {
  return t->capacity - t->length >= LINE_ROOM || report_flush(t, fd);
}

/* Writes s and ends the line. */
/* "12.3 s" */
static inline void report_seconds(struct text *t, uint64_t ns) {
  uint64_t tenths = (ns + 50000000) / 100000000;
  text_u64(t, tenths / 10);
  text_char(t, '.');
  text_u64(t, tenths % 10);
  text_str(t, " s");
}

static inline void report_line(struct text *t, const char *s) {
  text_str(t, s);
  text_char(t, '\n');
}

/* Writes "  name            number" and ends the line. */
static inline void report_amount(struct text *t, const char *name, uint64_t n) {
  text_str(t, "  ");
  text_str_left(t, name, 44);
  text_u64_right(t, n, 18);
  text_char(t, '\n');
}

/* Writes a number, as "<=number" if it is an upper bound. */
static inline void report_peak(struct text *t, uint64_t n, bool is_bound, unsigned width) {
  char bytes[32];
  struct text s = {.bytes = bytes, .capacity = sizeof bytes - 1};
  text_str(&s, is_bound ? "<=" : "");
  text_u64(&s, n);
  bytes[s.length] = '\0';
  text_str_right(t, bytes, width);
}

#endif
