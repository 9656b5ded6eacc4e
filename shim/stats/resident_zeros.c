/* Taking pages of zeros out of the rows; contract in resident_zeros.h. */
#include "resident_zeros.h"
#include "text.h"

#include <string.h>

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void take_zeros(struct dump_mapping *row, uint64_t zeros) {
  row->resident -= zeros;
  row->anonymous -= least(zeros, row->anonymous);
  row->shared -= zeros;
  row->trim = least(row->trim, row->resident);
}

static bool is_own_data(const struct resident_rows *t, const struct dump_mapping *row) {
  return row->kind == DUMP_MAPPING_TABLES || row->kind == DUMP_MAPPING_ROWS ||
         (row->kind == DUMP_MAPPING_BSS &&
          strncmp(text_base(t->text + row->name), "libarenashim", 12) == 0);
}

void resident_zeros_subtract(struct resident_rows *t, uint64_t kernels) {
  uint64_t anonymous = 0, shared = 0;
  for (unsigned i = 0; i < t->rows; i++) {
    anonymous += t->row[i].anonymous;
    t->row[i].shared = least(t->row[i].shared, t->row[i].resident);
    shared += t->row[i].shared;
  }
  uint64_t zeros = kernels != 0 ? count_less(anonymous, kernels) : 0;
  zeros = least(zeros, shared);
  for (unsigned i = 0; i < t->rows; i++)
    if (is_own_data(t, &t->row[i])) {
      uint64_t own = least(zeros, t->row[i].shared);
      take_zeros(&t->row[i], own);
      zeros -= own;
      shared -= own;
    }
  for (unsigned i = 0; i < t->rows && zeros != 0; i++) {
    uint64_t part = (uint64_t)((__uint128_t)t->row[i].shared * zeros / shared);
    shared -= t->row[i].shared;
    take_zeros(&t->row[i], part);
    zeros -= part;
  }
}
