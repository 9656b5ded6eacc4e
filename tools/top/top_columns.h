/* The columns of rows: their titles, and what they say of a line. */
#ifndef TOOLS_TOP_COLUMNS_H
#define TOOLS_TOP_COLUMNS_H

#include "top_watch.h"
#include "top_words.h"

enum top_column { COLUMN_LIVE, COLUMN_GROWTH, COLUMN_RATE, COLUMN_OBJECTS, COLUMN_WASTE, COLUMNS };

/* Of each column, and at [COLUMNS] of the text. */
const char *top_column_title(enum top_column column, enum top_by by);

/* The column that rows are sorted by. */
enum top_column top_column_of(enum top_sort sort);

/* What a column says of a line, with its unit, or with `exact` all its digits; "-": not known. */
void top_column_cell(const struct top_watch *w, enum top_by by, enum top_column column,
                     const struct top_line *line, bool exact, char cell[TOP_WORDS_MAX]);

/* Whether it is known how many objects a row has: nobody counts those of regions. */
bool top_objects_known(const struct top_line *line);

/* The value that lines are sorted by, where it is above zero. */
uint64_t top_column_value(const struct top_line *line, enum top_sort sort);

#endif
