/* Taking pages of zeros out of the rows; contract in resident_zeros.h. */
#include "resident_zeros.h"
#include "mapping_zeros.h"

/* The part of its own count by which the kernel may be late: it keeps some of it by processor. */
enum { KERNEL_LAG = 64 };

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
      uint64_t part = row->kind == unwritten_first[k]
                          ? mapping_least(more - found, row->resident - row->shared)
                          : 0;
      row->shared += part;
      found += part;
    }
  return found;
}

void resident_zeros_subtract(struct resident_rows *t, uint64_t kernels, bool slabs_untold) {
  struct mapping_sums sums = mapping_sum(t->row, t->rows);
  uint64_t zeros = mapping_zeros(sums.anonymous, kernels);
  if (slabs_untold && zeros > sums.shared && zeros - sums.shared > kernels / KERNEL_LAG)
    sums.shared += mark_slabs(t, zeros - sums.shared);
  mapping_subtract_zeros(t->row, t->rows, t->text, mapping_least(zeros, sums.shared), sums.shared);
}
