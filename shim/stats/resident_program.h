/* What is the program's of its memory: by file, by thread, by the call site that mapped it, or
 * anonymous.
 *
 *   /proc/self/maps   | TEXT | READ_ONLY | DATA | BSS | ... | guard | STACK | ... | BREAK |
 *                            of a file          right behind             by mapped_books.h
 *
 * Some are known by what lies right before them, so they are added by rising address.  Inside
 * resident_read (resident.h), whose rules hold.
 */
#ifndef SHIM_RESIDENT_PROGRAM_H
#define SHIM_RESIDENT_PROGRAM_H

#include "resident_rows.h"
#include "resident_threads.h"

struct program_pages {
  struct row_source *source;
  struct thread_places threads;
  uint32_t self_thread, main_thread; /* kernel ids: of the caller, and of the program's first */
  char file[ROWS_NAME_MAX + 1];      /* of the DATA whose end is `file_end` */
  uintptr_t file_end;                /* where a file's BSS may follow; 0: none */
  uintptr_t guard_start, guard_end;  /* inaccessible, right before: a guard, or reserved; 0: none */
};

/* Begins a mapping.  True: nobody may use it, so it has no pages, or hardly any, and is kept: it
 * is the guard of a stack that follows, or reserved addresses. */
hidden bool program_pages_hold(struct program_pages *p, const struct map_line *l);

/* Adds a part of a mapping that is not the library's own. */
hidden void program_pages_add(struct program_pages *p, const struct map_line *l, uintptr_t start,
                              uintptr_t end);

/* Ends a mapping, and the whole. */
hidden void program_pages_end(struct program_pages *p);

/* A part is the library's own: of tables in its zero-initialized data, more may follow. */
static inline void program_pages_skip(struct program_pages *p, uintptr_t start, uintptr_t end) {
  if (p->file_end == start)
    p->file_end = end;
}

#endif
