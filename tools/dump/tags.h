/* What call sites a dump has, in a word. */
#ifndef TOOLS_TAGS_H
#define TOOLS_TAGS_H

#include "dump.h"

/* "off", "site", "stack:8", "verify:8"; to be freed. */
char *tags_words(const struct dump *d);

#endif
