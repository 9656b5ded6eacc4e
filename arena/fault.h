/* The messages before an abort: what the program did to a pointer, where the pointer lies, who
 * called.
 *
 * One line on stderr, "arenashim: ENTRY(POINTER) called from CALLER (MODULE+OFFSET): WHAT IS
 * WRONG", then abort: a heap that has been misused is not used any further.  ENTRY is the function
 * that the program called, CALLER the code address it called from.  Nothing is allocated and no
 * lock is taken; any context.
 */
#ifndef ARENA_FAULT_H
#define ARENA_FAULT_H

#include "slab.h"
#include "text.h"

/* Appends " (MODULE+OFFSET)" of a code address, or nothing if the module is not known.  NULL until
 * it is set, before there are threads. */
extern hidden void (*fault_write_module)(struct text *t, const void *caller);

/* Begins the line.  The caller appends what is wrong and calls fault_end, which writes the line and
 * aborts. */
hidden void fault_begin(struct text *t, const char *entry, const void *p, const void *caller);
_Noreturn hidden cold void fault_end(struct text *t);

/* p lies in the range but is no object that can be freed or measured: writes whether it points into
 * the middle of an object, to an object freed before, or to memory that was never handed out. */
_Noreturn hidden cold void fault_in_slab(const struct slab *s, const char *entry, const void *p,
                                         const void *caller);

/* The slab's free list has a link that leads to no free cell of the slab, or leads round in a
 * circle. Names the object in which that link is.  Which code wrote it is not known. */
_Noreturn hidden cold void fault_in_list(const struct slab *s);

#endif
