/* Names of tags that the program pushes: each kept once, for the process's life.
 *
 * Paths name a label by the address of its text, so equal texts must have one address.
 */
#ifndef SHIM_LABELS_H
#define SHIM_LABELS_H

#include "base.h"

enum { LABEL_BYTES_MAX = 255, LABEL_TEXTS_MAX = 4096 };

/* Our copy of that text (its length: at most LABEL_BYTES_MAX); NULL and errno: ENOSPC if there are
 * too many, ENOMEM.  Any thread; takes no lock. */
hidden const char *label_text(const char *text, size_t length);

/* Bytes mapped for them. */
hidden uint64_t labels_bytes(void);

#endif
