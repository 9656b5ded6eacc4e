/* Copies of text as UTF-8.  Apart from utf8.h, because they allocate: what they need to say when
 * memory is short is itself shown as utf8.h has it. */
#ifndef TOOLS_UTF8_COPY_H
#define TOOLS_UTF8_COPY_H

#include "utf8.h"

/* A copy in which each byte that is no part of a character is U+FFFD; the caller frees it. */
char *utf8_copy(const char *text);

/* A copy as utf8_step shows it; the caller frees it. */
char *utf8_shown(const char *text);

#endif
