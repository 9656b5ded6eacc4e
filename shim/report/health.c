/* Contract: health.h. */
#include "health.h"
#include "capture.h"

#include <string.h>

void health_counts(uint64_t counts[RECORD_HEALTH_LINES]) {
  struct capture_counts c;
  capture_sum(&c);
  const uint64_t all[] = {c.learned, c.unwound, c.cut,      c.lost,     c.early,
                          c.nested,  c.full,    c.untagged, c.verified, c.different};
  static_assert(sizeof all / sizeof *all == RECORD_HEALTH_LINES, "format");
  memcpy(counts, all, sizeof all);
}
