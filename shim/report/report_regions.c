/* Regions, a line each; contract in report_regions.h. */
#include "report_regions.h"
#include "regions.h"
#include "report_path.h"
#include "report_text.h"
#include "tag_mode.h"

static void region_line(struct text *t, const struct region_row *r) {
  text_str(t, "  ");
  text_pad(t, text_foreign(t, r->name, REGION_NAME_MAX), 16);
  text_u64_right(t, count_get(&r->total_allocs), 11);
  text_u64_right(t, count_get(&r->total_size), 13);
  text_u64_right(t, count_get(&r->total_blocks), 8);
  text_u64_right(t, count_get(&r->total_block_size), 13);
  text_u64_right(t, count_get(&r->total_big_blocks), 6);
  text_u64_right(t, count_get(&r->used), 11);
  text_char(t, '\n');
  if (tagged_mode == TAGGED_NONE) /* nobody has looked where modules lie */
    return;
  text_str(t, "        ");
  report_address(t, r->site);
  text_char(t, '\n');
}

bool report_regions(struct text *t, int fd) {
  bool ok = true;
  if (regions_count() == 0 && regions_unlisted() == 0)
    return true;
  text_str(t, "\nregions (arena_create): bytes as requested");
  report_line(t, tagged_mode != TAGGED_NONE ? "; below, where they were created" : "");
  report_line(t, "  name              requests         size  blocks   block_size   big  used now");
  for (unsigned i = 0; i < regions_count(); i++) {
    const struct region_row *r = regions_row(i);
    if (r == NULL || r->state == REGION_ROW_FREE)
      continue;
    region_line(t, r);
    ok &= report_room(t, fd);
  }
  if (regions_unlisted() > 0) {
    text_str(t, "  not listed, the table is full: ");
    text_u64(t, regions_unlisted());
    report_line(t, regions_unlisted() == 1 ? " region more" : " regions more");
  }
  return ok && report_flush(t, fd);
}
