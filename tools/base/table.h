/* A table of columns: numbers, right-aligned, and one text at the end of each row.
 *
 * On a pipe numbers have all their digits and texts their full length: plain and stable.  On a
 * terminal numbers are as units.h has them and each row fits the width: columns that may be left
 * out are, until the text has room beside the numbers; where it never has, it stands below them.
 * Texts are cut as fit.h has it.  Rows are coloured there by their heat, unless NO_COLOR is set or
 * TERM is dumb.
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "units.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct table;

/* Column titles, the text's title last, NULL after it.  width 0: for a pipe. */
struct table *table_new(const char *const titles[], unsigned width);

/* Before the first row.  Numbers have all their digits on a terminal, too. */
void table_exact(struct table *t);

/* Titles of columns that may be left out, the first to go first, NULL after them; they must outlive
 * the table. */
void table_spare(struct table *t, const char *const titles[]);

/* One after the other, a row's cells from left to right.  mark: "" or "<=" or "~". */
void table_number(struct table *t, enum unit unit, const char *mark, uint64_t value);
void table_percent(struct table *t, uint64_t part, uint64_t whole); /* "-" of nothing */
void table_range(struct table *t, uint64_t low, uint64_t high);     /* of bytes */
void table_change(struct table *t, enum unit unit, const char *mark, uint64_t from,
                  uint64_t to);                                 /* "+12" */
void table_growth(struct table *t, uint64_t from, uint64_t to); /* "+2.5%"; "-" from nothing */
void table_words(struct table *t, const char *words);           /* in place of a number */
void table_text(struct table *t, const char *text); /* ends the row; may have several lines */

/* The heat of the row that is being filled: its share of a whole. */
void table_heat(struct table *t, uint64_t part, uint64_t whole);

/* After the last row: the titles of the columns that are left out, "temp, sizes"; "": none is.  To
 * be freed. */
char *table_dropped(struct table *t);

/* Prints it and frees it. */
void table_end(struct table *t, FILE *to);

/* Prints lines of prose, each cut at the terminal's width; 0: none is cut. */
void lines_fit(const char *text, unsigned width, FILE *to);

/* The terminal's width, 80 when it won't say; 0 when it is none. */
unsigned table_width(FILE *to);

/* Whether a terminal of that width wants box-drawing characters rather than ASCII. */
bool table_boxes(unsigned width);

/* The terminal's lines, 24 when it won't say; 0 when it is none. */
unsigned table_height(FILE *to);

#endif
