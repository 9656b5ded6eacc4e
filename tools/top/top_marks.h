/* The live bytes of past readings, about a minute of them: what growth is measured from.
 *
 *   a mark at most every 4 s; of 16 marks the oldest of a full ring is a minute old or more
 */
#ifndef TOOLS_TOP_MARKS_H
#define TOOLS_TOP_MARKS_H

#include "top_reading.h"

struct top_mark {
  uint64_t ns;
  uint64_t live; /* of the process */
  uint64_t *rows[TOP_GROUPS];
  uint32_t counts[TOP_GROUPS]; /* of `rows` */
};

/* All zero: no mark. */
struct top_marks {
  struct top_mark *items[16]; /* oldest first */
  unsigned count;
};

/* Keeps what a reading says, unless the last mark is too young. */
void top_marks_add(struct top_marks *m, const struct top_reading *r);
void top_marks_free(struct top_marks *m);

/* The oldest mark, which is the first reading until a minute has passed; there is one. */
const struct top_mark *top_marks_base(const struct top_marks *m);

/* The live bytes of a row then. */
uint64_t top_marks_row(const struct top_mark *m, enum top_by by, uint32_t row);

#endif
