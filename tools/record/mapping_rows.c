/* Finds and makes rows; contract in mapping_rows.h. */
#include "mapping_rows.h"
#include "../../shim/mapping_kind.h"

#include <string.h>

struct dump_mapping *mapping_row(struct image *image, uint32_t kind, const char *name,
                                 uint64_t start) {
  size_t n = image_items(image, DUMP_MAPPINGS);
  for (size_t i = n; i > 0; i--) {
    struct dump_mapping *m = image_item(image, DUMP_MAPPINGS, i - 1);
    const char *text = image_item(image, DUMP_STRINGS, m->name);
    if (m->kind == kind && m->site == 0 && kind != DUMP_MAPPING_ANONYMOUS &&
        strcmp(text, name) == 0)
      return m;
  }
  uint32_t text = image_text(image, name, 255);
  struct dump_mapping *m = image_add(image, DUMP_MAPPINGS);
  *m = (struct dump_mapping){.kind = kind, .name = text, .start = start};
  return m;
}

struct dump_mapping *mapping_row_by_site(struct image *image, uint32_t kind, uint32_t site,
                                         uint64_t start) {
  for (size_t i = 0; i < image_items(image, DUMP_MAPPINGS); i++) {
    struct dump_mapping *m = image_item(image, DUMP_MAPPINGS, i);
    if (m->kind == kind && m->site == site)
      return m;
  }
  struct dump_mapping *m = image_add(image, DUMP_MAPPINGS);
  *m = (struct dump_mapping){.kind = kind, .site = site, .start = start};
  return m;
}

void mapping_add_page(struct dump_mapping *to, uint64_t e) {
  bool present = e & PAGE_PRESENT;
  to->resident += present ? PROCESS_PAGE : 0;
  to->swapped += !present && (e & PAGE_SWAPPED) ? PROCESS_PAGE : 0;
  if (present && !(e & PAGE_OF_FILE)) {
    to->anonymous += PROCESS_PAGE;
    to->shared += e & PAGE_ALONE ? 0 : PROCESS_PAGE;
  }
}

uint64_t mapping_add_pages(struct process_pages *p, struct dump_mapping *to, uint64_t start,
                           uint64_t end) {
  uint64_t lowest = 0;
  to->mapped += end - start;
  to->count++;
  for (uint64_t at = start; end - start < MAPPING_WALK_MOST && at < end;) {
    size_t n;
    const uint64_t *e = process_pages_at(p, at, end, &n);
    for (size_t i = 0; i < n; i++)
      if (e[i] & (PAGE_PRESENT | PAGE_SWAPPED)) {
        mapping_add_page(to, e[i]);
        lowest = lowest == 0 ? at + i * PROCESS_PAGE : lowest;
      }
    at += n * PROCESS_PAGE;
  }
  return lowest;
}
