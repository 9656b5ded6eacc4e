/* The texts of tags that the program pushes: each text is kept once, as long as the process lives.
 *
 * A path has a label by the address of its text, so that equal texts must have one address.
 */
#ifndef SHIM_LABELS_H
#define SHIM_LABELS_H

#include "base.h"

enum { LABEL_BYTES_MAX = 255, LABEL_TEXTS_MAX = 4096 };

/* Our copy of the text, which has `length` bytes (at most LABEL_BYTES_MAX) and a NUL behind them.
 * NULL with errno ENOSPC: there are LABEL_TEXTS_MAX texts already; ENOMEM: there is no memory.  Any
 * thread, signal handlers too; takes no lock. */
hidden const char *label_text(const char *text, size_t length);

/* Bytes mapped for the texts.  Any thread, any time. */
hidden uint64_t labels_bytes(void);

#endif
