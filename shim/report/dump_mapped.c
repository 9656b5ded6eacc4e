/* The dump's sections of the program's own mappings: what call sites mapped, and which ranges. */
#include "dump_parts.h"
#include "mapped_books.h"
#include "site_stats.h"

/* A site that was made after the dump began is not in its table. */
static uint32_t known_site(uint32_t site) { return site < sites_count() ? site : SITE_NONE; }

static uint32_t known_arena(const struct dump_work *w, uint32_t arena) {
  return arena <= w->heaps ? arena : 0;
}

void dump_map_accounts(struct dump_work *w) {
  uint32_t count = mapped_accounts();
  for (uint32_t i = 0; i < count; i++) {
    struct mapped_account a;
    mapped_account_read(i, &a);
    if (a.allocs == 0)
      continue;
    *(struct dump_map_account *)dump_item(&w->out) =
        (struct dump_map_account){.arena = known_arena(w, a.arena),
                                  .site = known_site(a.site),
                                  .allocs = a.allocs,
                                  .bytes = a.bytes,
                                  .ranges = a.ranges,
                                  .live_bytes = a.live_bytes,
                                  .peak_bytes = a.peak_bytes,
                                  .at_peak_bytes = a.at_peak_bytes};
  }
}

static void map(struct dump_work *w, const struct mapped_row *r) {
  *(struct dump_map *)dump_item(&w->out) = (struct dump_map){.start = r->start,
                                                             .end = r->end,
                                                             .offset = r->what.offset,
                                                             .arena = known_arena(w, r->arena),
                                                             .site = known_site(r->site),
                                                             .kind = r->what.kind,
                                                             .protection = r->what.protection,
                                                             .flags = r->what.flags};
}

/* A few at a time: the file is not written to with the books locked. */
void dump_maps(struct dump_work *w) {
  struct mapped_row rows[8];
  uintptr_t from = 0;
  for (int n; (n = mapped_read(from, rows, sizeof rows / sizeof *rows)) > 0;)
    for (int i = 0; i < n; i++) {
      map(w, &rows[i]);
      from = rows[i].end;
    }
}
