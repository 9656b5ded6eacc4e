/* A text that is printed into memory. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <stddef.h>
#include <stdio.h>

struct text {
  char *at; /* whole when text_end returned it; to be freed */
  size_t length;
};

FILE *text_start(struct text *t);
char *text_end(FILE *to, struct text *t);

#endif
