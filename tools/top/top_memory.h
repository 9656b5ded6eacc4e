/* What the resident memory of a process is for, beside the figures of each tick.
 *
 * To know it the kernel's states of all pages are read, which takes long for a large process.  So
 * only some ticks have it (source.h), and between these the last one that had it is shown, with its
 * age.
 */
#ifndef TOOLS_TOP_MEMORY_H
#define TOOLS_TOP_MEMORY_H

#include "memory_parts.h"

struct top_memory {
  bool known;
  uint64_t part[MEMORY_PARTS]; /* resident and swapped bytes */
  uint64_t whole;              /* of the process, by the kernel */
  uint64_t lived_ns;           /* of the process, when it was read */
  char *words;                 /* "43.3 MiB: 48% mapped, ..." */
};

/* Takes over what a dump says, if it does. */
void top_memory_update(struct top_memory *m, const struct dump *d);
void top_memory_free(struct top_memory *m);

/* Seconds since it was read, by the process's clock, at the moment of a dump. */
double top_memory_age(const struct top_memory *m, const struct dump *now);

/* "in memory 43.3 MiB: 48% mapped, 22% objects (12 s ago)"; NULL: nothing was said yet.  To be
 * freed. */
char *top_memory_words(const struct top_memory *m, const struct dump *now);

#endif
