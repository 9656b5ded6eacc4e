/* The parts of a process's memory in words: what makes each, and what would change it. */
#ifndef TOOLS_MEMORY_WORDS_H
#define TOOLS_MEMORY_WORDS_H

#include "memory_parts.h"
#include "session.h"

/* "live objects": in a table or in a bar; a key for machines, "objects"; and in a line of many,
 * "objects". */
const char *memory_part_name(enum memory_part part);
const char *memory_part_key(enum memory_part part);
const char *memory_part_brief(enum memory_part part);

/* "threads' stacks": a row's kind, for people, and "thread_stack" for machines. */
const char *memory_kind_name(uint32_t kind);
const char *memory_kind_key(uint32_t kind);

/* "mapped by Cache::grow (cache.cc:88)", "thread's stack worker", "code libc.so.6": a row in words,
 * by call site where that is known; session NULL: nowhere.  To be freed. */
char *memory_row_name(const struct dump *d, const struct session *s, const struct dump_mapping *m);

/* Who holds the most of a part, where call sites say it; each may be NULL.  To be freed. */
struct memory_makers {
  char *mapped;  /* "40.0 MiB of it by Cache::grow (cache.cc:88)" */
  char *objects; /* "12.3 MiB of it by Cache::grow (cache.cc:88)" */
  char *pinned;  /* "83% pinned by 1.20k objects of SessionCache::open (svc.cc:25), ..." */
  uint64_t gain; /* bytes that the end of these objects and malloc_trim would give back */
};
struct memory_makers memory_makers_of(const struct session *s, bool exact);
/* The function of the program's own that a call site is in, with its line; to be freed. */
char *memory_site_name(const struct session *s, uint32_t site);

void memory_makers_free(struct memory_makers *m);

/* One sentence, without a name and a full stop.  m may be NULL.  To be freed. */
char *memory_sentence(const struct memory_parts *p, enum memory_part part,
                      const struct memory_makers *m, bool exact);

/* "43.3 MiB: 48% mapped, 22% objects, 14% code, ...": a line that fits 80 columns behind
 * "resident"; and, where the largest part is no objects, a line that says what would change it. 
 * Each ends with a newline.  NULL: the dump does not say.  To be freed. */
char *memory_lines(const struct dump *d);

#endif
