/* Makes every index of a dump safe to use, as dump.h says. */
#ifndef TOOLS_DUMP_CHECK_H
#define TOOLS_DUMP_CHECK_H

#include "dump.h"

/* Replaces bad indices by those of their stand-ins; one warning counts them. */
void dump_check(struct dump *d, const char *path);

#endif
