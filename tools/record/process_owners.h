/* Whose the addresses of a running process are, by its books: the library's own tables, read out of
 * its memory (record_format.h). */
#ifndef TOOLS_PROCESS_OWNERS_H
#define TOOLS_PROCESS_OWNERS_H

#include "memory.h"

struct process_owners;

/* To be freed; the books must outlive it. */
struct process_owners *process_owners_new(const struct memory *m, pid_t pid);
void process_owners_free(struct process_owners *o);

/* The kind (dump_format.h) of what lies at an address: OBJECTS for all slabs, LARGE for jemalloc's
 * pages, TABLES, TAGS, ROWS, HUGE, HUGE_IDLE; NONE: not the library's.  *until, the end of what is
 * asked about, is lowered to where the answer may be another.  `anonymous`: it may be jemalloc's.
 * */
uint32_t process_owner_at(struct process_owners *o, uint64_t at, bool anonymous, uint64_t *until);

/* The bytes of the object that begins, or began, in a page of jemalloc's; 0: none is known. */
uint64_t process_owner_object(struct process_owners *o, uint64_t page);

/* The slab at an index; NULL: none is known. */
const struct record_slab *process_owner_slab(const struct process_owners *o, uint64_t index);

#endif
