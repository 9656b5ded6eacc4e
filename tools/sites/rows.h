/* Accounts added up: a row for each call path, function or module. */
#ifndef TOOLS_ROWS_H
#define TOOLS_ROWS_H

#include "paths.h"
#include "units.h"

enum sort { SORT_LIVE, SORT_PEAK, SORT_ALLOCS, SORT_BYTES, SORT_WASTE };
enum { SORT_NOT_SAID = SORT_WASTE + 1 }; /* of `diff` alone: by the first of them that changed */
enum { SORT_RESIDENT = SORT_WASTE + 2 }; /* of `report` alone, and of its call sites */

struct row {
  uint32_t kind; /* of row_kind(); what the row is when it has no path */
  uint32_t key;  /* a path, a function of own_functions, or a module index + 1 */
  uint32_t accounts;
  struct dump_account sum; /* arena and site mean nothing; smallest and largest are over all */
  uint64_t resident,
      swapped; /* of its live objects: their shares of pages; of sites, no accounts */
};

struct rows {
  struct row *items;
  uint32_t count;
  struct row total;
};

/* What the accounts of a row have in common: the path, its innermost own function, or the module
 * of its innermost frame. */
enum row_by { ROW_PATH, ROW_FUNCTION, ROW_MODULE };

/* The key of an account's site. */
struct rows_keys {
  const struct dump *dump;
  const struct paths *paths;
  enum row_by by;
  const uint32_t *functions; /* of ROW_FUNCTION: own_functions */
  const bool *runtime;       /* of each path: whether it is the runtime's (runtime.h); NULL: none */
};

/* The rows of all accounts, in no order, and their sum. */
struct rows *rows_new(const struct rows_keys *keys);
void rows_free(struct rows *r);

/* Adds all of another row to a row. */
void row_join(struct row *r, const struct row *other);

/* Largest first, by row_added, then row_value; equal ones by key, so that output is stable. */
void rows_sort(struct rows *r, enum sort by);

/* A site's kind as a row has it.  ROW_RUNTIME stands for all call sites of the runtime; the last
 * one for those that are lost, or newer than this. */
enum { ROW_RUNTIME = DUMP_SITE_BEFORE + 1, ROW_KINDS = DUMP_SITE_BEFORE + 3 };
uint32_t row_kind(uint32_t kind);

/* The same of mappings.  Of a process that somebody attached to, those without a call site were
 * made while nobody was attached, but for a thread's last ones. */
uint32_t row_kind_mapped(const struct dump *d, uint32_t kind);

/* What stands for a row that has no path, or before its path; NULL: nothing. */
const char *row_words(const struct row *r);

/* The same of rows by path or function, of which each is to show something: "(no path)" at the
 * least. */
const char *row_title(const struct row *r);

/* Whether a dump has accounts to add up; says why not. */
bool rows_possible(const struct dump *d, const char *file);

/* "live bytes", "allocations" and so on. */
const char *sort_words(enum sort by);

/* What its numbers count. */
enum unit sort_unit(enum sort by);

/* A row's own value. */
uint64_t row_value(const struct row *r, enum sort by);

/* A row's value where values are added up along frames.  It is row_value(), except for the peak:
 * that is what the row held at the process's peak, for only such values add up. */
uint64_t row_added(const struct row *r, enum sort by);

/* The peak of a row with several accounts, or of several processes, is the sum of theirs, which may
 * have been at different times, and at most that of all: whether the row may have held less. */
bool row_peak_is_bound(const struct dump *d, const struct row *r);

/* Lowers a sum of peaks to the process's peak: no row held more than all did. */
void row_peak_limit(struct row *r, const struct dump *d);

/* The mark of the process's peak, and of a row's: "~" an estimate, "<=" an upper bound, as the sum
 * of the peaks of several accounts is, or "". */
const char *dump_peak_mark(const struct dump *d);
const char *row_peak_mark(const struct dump *d, const struct row *r);

/* How much too high the peak of a sampled dump may be: it is the highest point of a curve with
 * noise.  Twice the noise's standard deviation; at most the peak itself. */
uint64_t peak_noise(const struct dump *d);

/* Whether waste by call site is known; with samples it isn't, for only tags say who pins a cell.
 * Mapped memory has none. */
bool waste_known(const struct dump *d);

/* Whether that is known of free cells, too: of a record waste is rounding alone. */
bool pinned_known(const struct dump *d);

/* Whether it is known what call sites have in memory and in swap. */
bool resident_known(const struct dump *d);

/* Whether it is known which objects were temporary; with samples it isn't, for what was allocated
 * between two of them is not seen. */
bool temporary_known(const struct dump *d);

/* Whether rows can be sorted by it; if not, one line says why. */
bool sort_possible(const struct dump *d, const char *file, enum sort by);

/* Bytes that rounding and pinned free cells cost; the first of both alone.  Of a large object what
 * lies behind the page where its request ends was never touched: so 4095 bytes an object at most.
 */
uint64_t account_waste(const struct dump_account *a);
uint64_t account_rounding(const struct dump_account *a);

/* What the accounts of each arena waste; [n_arenas]: those whose arena is lost.  To be freed. */
uint64_t *arenas_waste(const struct dump *d);

/* Whether requested bytes of size classes are known: every request had a tag. */
bool classes_tagged(const struct dump *d);

/* Bytes that rounding, if it is known, and free cells and tails cost; the first. */
uint64_t class_waste(const struct dump *d, const struct dump_class *c);
uint64_t class_rounding(const struct dump *d, const struct dump_class *c);

#endif
