/* Taking pages of zeros out of the rows; contract in resident_zeros.h. */
#include "resident_zeros.h"
#include "text.h"

#include <string.h>

/* The part of its own count by which the kernel may be late: it keeps some of it by processor. */
enum { KERNEL_LAG = 64 };

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void take_zeros(struct dump_mapping *row, uint64_t zeros) {
  row->resident -= zeros;
  row->anonymous -= least(zeros, row->anonymous);
  row->shared -= zeros;
  row->trim = least(row->trim, row->resident);
}

static bool is_own_data(const struct resident_rows *t, const struct dump_mapping *row) {
  return row->kind == DUMP_MAPPING_TABLES || row->kind == DUMP_MAPPING_ROWS ||
         row->kind == DUMP_MAPPING_LARGE_TABLES ||
         (row->kind == DUMP_MAPPING_BSS &&
          strncmp(text_base(t->text + row->name), "libarenashim", 12) == 0);
}

/* Zeros of slabs' pages that nobody has told from others lie where nothing was ever written: behind
 * the carved cells, in slabs that were purged; at last in cells that were only read. */
static const uint8_t unwritten_first[] = {DUMP_MAPPING_UNCARVED, DUMP_MAPPING_EMPTY,
                                          DUMP_MAPPING_FREE, DUMP_MAPPING_OBJECTS};

/* Marks `more` bytes of slabs as zeros or others'; returns how many it found. */
static uint64_t mark_slabs(struct resident_rows *t, uint64_t more) {
  uint64_t found = 0;
  for (size_t k = 0; k < sizeof unwritten_first; k++)
    for (unsigned i = 0; i < t->rows; i++) {
      struct dump_mapping *row = &t->row[i];
      uint64_t part =
          row->kind == unwritten_first[k] ? least(more - found, row->resident - row->shared) : 0;
      row->shared += part;
      found += part;
    }
  return found;
}

void resident_zeros_subtract(struct resident_rows *t, uint64_t kernels, bool slabs_untold) {
  uint64_t anonymous = 0, shared = 0;
  for (unsigned i = 0; i < t->rows; i++) {
    anonymous += t->row[i].anonymous;
    t->row[i].shared = least(t->row[i].shared, t->row[i].resident);
    shared += t->row[i].shared;
  }
  uint64_t zeros = kernels != 0 ? count_less(anonymous, kernels) : 0;
  if (slabs_untold && zeros > shared && zeros - shared > kernels / KERNEL_LAG)
    shared += mark_slabs(t, zeros - shared);
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
