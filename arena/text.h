/* Text into a fixed buffer: what faults and reports use in place of stdio.
 *
 * Allocates nothing, takes no lock, keeps errno unless writing fails: safe in signal handlers
 * and while the heap is broken.  What does not fit is dropped and `full` says so.
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

hidden void text_char(struct text *t, char c);
hidden void text_str(struct text *t, const char *s);

/* Text that the program chose (names, labels, paths, variables), as printable UTF-8: foreign.c has
 * the rule.  What would fill more than `columns` columns, or does not fit the buffer, is dropped
 * from some character on.  Returns the columns that it fills. */
hidden unsigned text_foreign(struct text *t, const char *s, unsigned columns);

hidden void text_u64(struct text *t, uint64_t n);
hidden void text_hex(struct text *t, uint64_t n);      /* with 0x */
hidden void text_size(struct text *t, uint64_t bytes); /* "1M", "64K" or "12345" */

/* The same in a column of that many characters: numbers to the right, words to the left. */
hidden void text_u64_right(struct text *t, uint64_t n, unsigned width);
hidden void text_str_right(struct text *t, const char *s, unsigned width);
hidden void text_str_left(struct text *t, const char *s, unsigned width);
hidden void text_pad(struct text *t, unsigned have, unsigned want); /* spaces, if have < want */

/* The last component of a path: what follows its last slash, which may be nothing. */
hidden const char *text_base(const char *path);

/* Writes all of it to a descriptor; false with errno set when that fails.  A full pipe that does
 * not block is waited for, until about a second has passed without a byte taken. */
hidden bool text_write(const struct text *t, int fd);

#endif
