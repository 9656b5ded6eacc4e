/* A table of columns: numbers, right-aligned, and one text at the end of each row.
 *
 * On a pipe numbers have all their digits and texts their full length: plain and stable.  On a
 * terminal numbers have four digits and a unit, a power of 1000, and each row fits the width; a
 * number or text that would get too little room starts a new line; texts are cut as fit.h has it.
 * Rows are coloured there by their heat, unless NO_COLOR is set or TERM is dumb.
 */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct table;

/* Column titles, the text's title last, NULL after it.  width 0: for a pipe. */
struct table *table_new(const char *const titles[], unsigned width);

/* One after the other, a row's cells from left to right. */
void table_number(struct table *t, const char *mark, uint64_t value); /* mark: "" or "<=" or "~" */
void table_percent(struct table *t, uint64_t part, uint64_t whole);   /* "-" of nothing */
void table_range(struct table *t, uint64_t low, uint64_t high);
void table_change(struct table *t, const char *mark, uint64_t from, uint64_t to); /* "+12" */
void table_growth(struct table *t, uint64_t from, uint64_t to); /* "+2.5%"; "-" from nothing */
void table_words(struct table *t, const char *words);           /* in place of a number */
void table_text(struct table *t, const char *text); /* ends the row; may have several lines */

/* The heat of the row that is being filled: its share of a whole. */
void table_heat(struct table *t, uint64_t part, uint64_t whole);

/* Prints it and frees it. */
void table_end(struct table *t, FILE *to);

/* Prints lines of prose, each cut at the terminal's width; 0: none is cut. */
void lines_fit(const char *text, unsigned width, FILE *to);

/* The terminal's width, 80 when it won't say; 0 when it is none. */
unsigned table_width(FILE *to);

/* Whether a terminal of that width wants box-drawing characters rather than ASCII. */
bool table_boxes(unsigned width);

/* A number as a cell would have it, for lines of prose. */
void number_name(uint64_t value, bool exact, char name[24]);

#endif
