/* What a dump says of a moment, reduced to what is compared with other moments: the process's
 * totals and, of each kind of row, a few counts a row. */
#ifndef TOOLS_TOP_READING_H
#define TOOLS_TOP_READING_H

#include "dump.h"
#include "top_group.h"

enum top_by { TOP_SITES, TOP_ARENAS, TOP_CLASSES, TOP_GROUPS };

struct top_counts {
  uint64_t live;    /* bytes: requested; without tags, and of size classes, with rounding */
  uint64_t objects; /* that are alive */
  uint64_t allocs;  /* ever */
  uint64_t waste;   /* bytes; 0 where top_waste_known() says that it is not known */
};

/* Counts of a group's rows; rows behind them have none. */
struct top_rows {
  struct top_counts *items;
  uint32_t count;
};

struct top_reading {
  uint64_t ns; /* by the clock of whoever reads */
  struct top_counts all;
  uint64_t mapped, resident; /* by the ledger */
  struct top_rows rows[TOP_GROUPS];
};

struct top_sites;

/* Reads a dump; new arenas and classes get rows.  `sites` knows the rows of call sites. */
struct top_reading top_reading_new(const struct dump *d, uint64_t ns, struct top_group *groups,
                                   const struct top_sites *sites);
void top_reading_free(struct top_reading *r);

/* A row's counts; all zero where the reading has no such row. */
struct top_counts top_reading_row(const struct top_reading *r, enum top_by by, uint32_t row);

/* Whether a dump says what the rows of a group waste. */
bool top_waste_known(const struct dump *d, enum top_by by);

#endif
