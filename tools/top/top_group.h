/* The rows of one kind (call sites, arenas, size classes), which keep their numbers while a process
 * is watched: a row that was seen once stays, with nothing in it when it is gone.
 *
 *   key "arena 3"  ->  row 4, shown as "3 worker (threads: 2)"
 *
 * Row 0 stands for what has no row of its own yet.
 */
#ifndef TOOLS_TOP_GROUP_H
#define TOOLS_TOP_GROUP_H

#include <stdint.h>

struct top_group {
  struct trie *keys;
  char **texts; /* NULL: a row is shown as its key */
  uint32_t count, room;
};

struct top_group top_group_new(void);
void top_group_free(struct top_group *g);

/* The row of a key, made when it is new. */
uint32_t top_group_row(struct top_group *g, const char *key);

/* Says how a row is shown from now on; `text` is copied. */
void top_group_show(struct top_group *g, uint32_t row, const char *text);

/* How a row is shown: one line, or of a call site a line a frame, innermost first, with marks
 * around the innermost own function (fit.h).  Valid until the row is shown otherwise. */
const char *top_group_text(const struct top_group *g, uint32_t row);

/* The same in one line, "inner (a.c:3) < outer", with the marks; to be freed. */
char *top_group_line(const struct top_group *g, uint32_t row);

#endif
