/* Tables of numbers and texts as JSON inside a page.
 *
 * Whatever texts hold, the page stays whole: no '<' is written, which alone could end a <script>.
 */
#ifndef TOOLS_HTML_JSON_H
#define TOOLS_HTML_JSON_H

#include "dump.h"

#include <stdio.h>

/* Numbers for texts: equal texts, equal numbers, counted from 0 in the order of arrival. */
struct terms;
struct terms *terms_new(void);
void terms_free(struct terms *t);
uint32_t terms_count(const struct terms *t);
uint32_t terms_add(struct terms *t, const char *text); /* keeps a copy */

/* A column of an array of structs: a number of 4 or 8 bytes, or the offset of a text. */
struct column {
  const char *name;
  size_t offset, bytes;
  bool text;
};
#define COLUMN(type, field)                                                                        \
  { #field, offsetof(struct type, field), sizeof(((struct type *)0)->field), false }
#define COLUMN_TEXT(type, field)                                                                   \
  { #field, offsetof(struct type, field), sizeof(((struct type *)0)->field), true }

struct table_json {
  const char *id;               /* the element's is "data-" before it */
  const struct column *columns; /* up to one without a name */
  const void *items;
  size_t item_bytes, count;
  const struct dump
      *dump; /* that the offsets of texts belong to; NULL: texts are numbers of `strings` */
};

/* Writes the element; texts become numbers of `strings`. */
void html_table(const struct table_json *t, struct terms *strings, FILE *to);

/* The table "strings": all of them, by number. */
void html_strings(const struct terms *strings, FILE *to);

#endif
