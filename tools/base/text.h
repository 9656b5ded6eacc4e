/* Texts: printed into memory, and what they start and end with. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct text {
  char *at; /* whole when text_end returned it; to be freed */
  size_t length;
};

/* Memory that is short ends the command. */
FILE *text_start(struct text *t);
char *text_end(FILE *to, struct text *t);

/* Does the text start, or end, with the other one? */
bool text_starts(const char *text, const char *with);
bool text_ends(const char *text, const char *with);

/* The last part of a file's name: what follows its last slash, "" if nothing does. */
const char *file_base(const char *file);

#endif
