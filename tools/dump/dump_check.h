/* Makes every index of a dump safe to follow; what that means stands in dump.h. */
#ifndef TOOLS_DUMP_CHECK_H
#define TOOLS_DUMP_CHECK_H

#include "dump.h"

/* Leads bad indices to their stand-ins, with one warning that counts them. */
void dump_check(struct dump *d, const char *path);

#endif
