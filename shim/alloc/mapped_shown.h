/* The books of mappings as readers outside of the process see them: copies, in pieces of the record
 * (pieces.h), of what is kept in private memory.  The process never reads them.
 *
 * For the thread that has the books' lock (mapped_books.c). */
#ifndef SHIM_MAPPED_SHOWN_H
#define SHIM_MAPPED_SHOWN_H

#include "base.h"
#include "record_format.h"

/* Room for one item; NULL: there is none, and then the item is not shown. */
hidden struct record_mapped *mapped_shown_new(void);

/* Shows *what in the item; what->what is not RECORD_MAPPED_NONE.  Readers never see half of it.
 * item NULL: nothing. */
hidden void mapped_shown_set(struct record_mapped *item, const struct record_mapped *what);

/* The item shows nothing any more.  NULL: nothing. */
hidden void mapped_shown_clear(struct record_mapped *item);

#endif
