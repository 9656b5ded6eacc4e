/* Text into a fixed buffer, in place of stdio: for fault messages and reports.
 *
 * The functions allocate nothing, take no lock and keep errno, except text_write when writing
 * fails. So they are safe in signal handlers and while the heap is broken.  They append at the end
 * of the text; characters that do not fit are dropped, and `full` is set.  A text belongs to one
 * thread.
 */
#ifndef ARENA_TEXT_H
#define ARENA_TEXT_H

#include "base.h"

struct text {
  char *bytes; /* the caller's buffer */
  size_t capacity;
  size_t length;
  bool full; /* something was dropped */
};

#define TEXT_ON(array)                                                                             \
  (struct text) { .bytes = (array), .capacity = sizeof(array) }

/* Appends a character, or a string up to its NUL. */
hidden void text_char(struct text *t, char c);
hidden void text_str(struct text *t, const char *s);

/* Appends text that the program chose (names, labels, paths, variables) as printable UTF-8;
 * foreign.c has the rule.  Ends before the first character that would not fit into `columns`
 * columns or into the buffer.  Returns the columns that it fills. */
hidden unsigned text_foreign(struct text *t, const char *s, unsigned columns);

/* Appends a number in decimal, in hexadecimal after 0x, or as a size. */
hidden void text_u64(struct text *t, uint64_t n);
hidden void text_hex(struct text *t, uint64_t n);
hidden void text_size(struct text *t, uint64_t bytes); /* "1M", "64K" or "12345" */

/* Append a number or a string in a column of at least `width` characters, filled with spaces on the
 * left (_right) or on the right (_left). */
hidden void text_u64_right(struct text *t, uint64_t n, unsigned width);
hidden void text_str_right(struct text *t, const char *s, unsigned width);
hidden void text_str_left(struct text *t, const char *s, unsigned width);
/* Appends want - have spaces, if have < want. */
hidden void text_pad(struct text *t, unsigned have, unsigned want);

/* Returns the last component of a path: what follows its last slash, which may be empty. */
hidden const char *text_base(const char *path);

/* Writes the whole text to a descriptor; false with errno set if that fails.  If a pipe that does
 * not block is full, waits until it takes bytes again, at most about a second without progress. */
hidden bool text_write(const struct text *t, int fd);

#endif
