/* The texts of a dump as they are shown: they are the program's, and may have any bytes. */
#ifndef TOOLS_SHOWN_H
#define TOOLS_SHOWN_H

#include "dump.h"

/* Fills d->shown and d->shown_from, if any text needs it. */
void shown_make(struct dump *d);

#endif
