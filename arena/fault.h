/* Death messages: what the program did to a pointer, where the pointer lies, who called.
 *
 * One line on stderr, "arenashim: ENTRY(POINTER) called from SITE (MODULE+OFFSET): WHAT IS WRONG",
 * then abort: a heap that has been misused is not handed on.  Nothing is allocated and no lock is
 * taken.
 */
#ifndef ARENA_FAULT_H
#define ARENA_FAULT_H

#include "slab.h"
#include "text.h"

/* Writes " (MODULE+OFFSET)" of a call, if that is known; NULL: it never is. */
extern hidden void (*fault_tell_module)(struct text *t, const void *site);

/* Starts the line; the caller adds what is wrong and ends with fault_end. */
hidden void fault_begin(struct text *t, const char *entry, const void *p, const void *site);
_Noreturn hidden cold void fault_end(struct text *t);

/* p lies in the range but is no object that could be freed or measured: tells whether it is an
 * interior pointer, an object freed before, or memory never handed out. */
_Noreturn hidden cold void fault_in_slab(const struct slab *s, const char *entry, const void *p,
                                         const void *site);

/* The slab's free list has a link that leads to no free cell of it, or leads round in a circle:
 * names the object whose link that is.  Nobody knows who wrote it. */
_Noreturn hidden cold void fault_in_list(const struct slab *s);

#endif
