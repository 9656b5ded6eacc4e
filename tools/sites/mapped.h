/* What the program mapped itself, in the place of what malloc served: --kind mapped. */
#ifndef TOOLS_MAPPED_H
#define TOOLS_MAPPED_H

#include "dump.h"

/* The dump's accounts become those of its mappings by call site, and its process's sums theirs:
 * what is shown of it then is about mapped memory alone.  An object is a range; there is no waste,
 * and no size.  False, after one line, if the dump has none. */
bool mapped_show(struct dump *d, const char *file);

/* The same of a copy: its accounts are of mappings, of which there may be none; all else is the
 * dump's, which must outlive it. */
struct mapped_view {
  struct dump dump;
  struct dump_process process;
};
void mapped_view_open(struct mapped_view *v, const struct dump *d);
void mapped_view_close(struct mapped_view *v);

/* Bytes that the program has mapped by itself now. */
uint64_t mapped_live(const struct dump *d);

/* The account of one of them, as mapped_show has it. */
struct dump_account mapped_account(const struct dump *d, uint32_t number);

#endif
