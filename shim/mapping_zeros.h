/* The page of zeros: memory that was read and never written has it, marked as present, and the
 * kernel counts it nowhere.  The state of a page does not tell it from one that a fork left to
 * several processes: rows of mappings have both in `shared`.  How many are zeros is what the rows
 * have more than the kernel counts; this is the rule of which rows they are taken from, the same
 * for a process that looks at its own pages and for the command that looks at another's.
 *
 *   sum of anonymous - the kernel's count = zeros <= sum of shared
 *
 * Pure functions.
 */
#ifndef ARENASHIM_MAPPING_ZEROS_H
#define ARENASHIM_MAPPING_ZEROS_H

#include "dump_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static inline uint64_t mapping_least(uint64_t a, uint64_t b) { return a < b ? a : b; }

struct mapping_sums {
  uint64_t anonymous, shared; /* bytes */
};

/* The sums of `rows` rows, in none of which `shared` is above `resident` afterwards: the pages were
 * asked about one after the other. */
static inline struct mapping_sums mapping_sum(struct dump_mapping *row, size_t rows) {
  struct mapping_sums sums = {0};
  for (size_t i = 0; i < rows; i++) {
    row[i].shared = mapping_least(row[i].shared, row[i].resident);
    sums.shared += row[i].shared;
    sums.anonymous += row[i].anonymous;
  }
  return sums;
}

/* Bytes of zeros, when the kernel counts `kernels` anonymous bytes; 0: it does not say. */
static inline uint64_t mapping_zeros(uint64_t anonymous, uint64_t kernels) {
  return kernels != 0 && anonymous > kernels ? anonymous - kernels : 0;
}

/* Is a row the library's own data, which older readers outside of the process look at page by page?
 * name: of the row. */
static inline bool mapping_is_own_data(uint32_t kind, const char *name) {
  const char *slash = strrchr(name, '/');
  return kind == DUMP_MAPPING_TABLES || kind == DUMP_MAPPING_ROWS ||
         kind == DUMP_MAPPING_LARGE_TABLES ||
         (kind == DUMP_MAPPING_BSS && slash != NULL && strncmp(slash, "/libarenashim", 13) == 0);
}

/* Takes `zeros` bytes, at most its `shared`, out of a row. */
static inline void mapping_take_zeros(struct dump_mapping *row, uint64_t zeros) {
  row->resident -= zeros;
  row->anonymous -= mapping_least(zeros, row->anonymous);
  row->shared -= zeros;
  row->trim = mapping_least(row->trim, row->resident);
}

/* Takes zeros out of rows whose `shared` has the sum `shared`, which is no less: from the library's
 * own data first, then in proportion.  text: where offsets of names begin. */
static inline void mapping_subtract_zeros(struct dump_mapping *row, size_t rows, const char *text,
                                          uint64_t zeros, uint64_t shared) {
  for (size_t i = 0; i < rows; i++)
    if (mapping_is_own_data(row[i].kind, text + row[i].name)) {
      uint64_t own = mapping_least(zeros, row[i].shared);
      mapping_take_zeros(&row[i], own);
      zeros -= own;
      shared -= own;
    }
  for (size_t i = 0; i < rows && zeros != 0; i++) {
    uint64_t part = (uint64_t)((unsigned __int128)row[i].shared * zeros / shared);
    shared -= row[i].shared;
    mapping_take_zeros(&row[i], part);
    zeros -= part;
  }
}

#endif
