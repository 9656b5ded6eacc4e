/* Call sites in a page; contract in html_sites.h. */
#include "html_sites.h"
#include "axis.h"
#include "cuts.h"
#include "html_calls.h"
#include "html_mapped.h"
#include "lives.h"
#include "say.h"

#include <stdlib.h>

struct sites {
  const struct dump *dump;
  const struct session *session;
  struct page_paths paths;
};

static uint32_t region_path(const struct sites *s, uint32_t region) {
  return s->paths.paths->of_node[s->dump->regions[region].node];
}

/* One of the table's, without a path: its calls have that. */
struct page_site {
  uint32_t words; /* as for strings; 0: none */
  uint32_t bound; /* 1: its peak is an upper bound */
  /* How long its freed objects lived (lives.h), as texts; 0: not known. */
  uint32_t lives, half, most;
  uint32_t mixed; /* 1: short and long lives */
  uint64_t waste;
  struct dump_account sum;
};

static void lives_set(const struct sites *s, struct page_site *to, const uint32_t *lives) {
  char bar[DUMP_LIVES + 1], name[UNITS_MAX];
  if (lives_count(lives) == 0)
    return;
  lives_bar(lives, bar);
  to->lives = page_text(&s->paths, bar);
  lives_below(lives, 50, name);
  to->half = page_text(&s->paths, name);
  lives_below(lives, 89, name);
  to->most = page_text(&s->paths, name);
  to->mixed = lives_mix(lives);
}

static void rows_write(const struct sites *s) {
  static const struct column columns[] = {COLUMN(page_site, words),
                                          COLUMN(page_site, bound),
                                          COLUMN(page_site, lives),
                                          COLUMN(page_site, half),
                                          COLUMN(page_site, most),
                                          COLUMN(page_site, mixed),
                                          COLUMN(page_site, waste),
                                          SUM(page_site, allocs),
                                          SUM(page_site, bytes),
                                          SUM(page_site, live_objects),
                                          SUM(page_site, live_bytes),
                                          SUM(page_site, peak_bytes),
                                          SUM(page_site, at_peak_bytes),
                                          SUM(page_site, temporary),
                                          SUM(page_site, smallest),
                                          SUM(page_site, largest),
                                          {0}};
  const struct rows *rows = s->session->rows;
  struct page_site *sites = must_alloc(rows->count * sizeof *sites);
  for (uint32_t i = 0; i < rows->count; i++) {
    const struct row *r = &rows->items[i];
    sites[i] = (struct page_site){.words = page_text(&s->paths, row_words(r)),
                                  .bound = row_peak_is_bound(s->dump, r),
                                  .waste = account_waste(&r->sum),
                                  .sum = r->sum};
    lives_set(s, &sites[i], r->sum.lives);
  }
  page_table_write(&s->paths, "sites", columns, sites, sizeof *sites, rows->count);
  free(sites);
}

static void regions_write(const struct sites *s) {
  static const struct column columns[] = {COLUMN_TEXT(dump_region, name),
                                          {"path", offsetof(struct dump_region, node), 4, false},
                                          COLUMN(dump_region, state),
                                          COLUMN(dump_region, total_allocs),
                                          COLUMN(dump_region, total_size),
                                          COLUMN(dump_region, total_blocks),
                                          COLUMN(dump_region, total_block_size),
                                          COLUMN(dump_region, total_big_blocks),
                                          COLUMN(dump_region, used),
                                          COLUMN(dump_region, reserved),
                                          COLUMN(dump_region, peak),
                                          {0}};
  const struct dump *d = s->dump;
  struct dump_region *regions = must_alloc(d->n_regions * sizeof *regions);
  for (uint32_t i = 0; i < d->n_regions; i++) {
    regions[i] = d->regions[i];
    regions[i].node = page_path(&s->paths, region_path(s, i));
  }
  page_table_write(&s->paths, "regions", columns, regions, sizeof *regions, d->n_regions);
  free(regions);
}

/* A row's share of a moment. */
struct page_share {
  uint32_t moment, site;
  uint64_t bytes;
};

/* The shares of a moment by row, those of one row joined; returns how many. */
static size_t moment_shares(const struct sites *s, const uint32_t *slots, uint32_t moment,
                            struct page_share *to) {
  size_t n, count = 0;
  uint64_t rest;
  struct axis_row *rows = axis_rows(s->session, moment, &n, &rest);
  for (size_t i = 0; i < n; i++) {
    uint32_t site = slots[page_slot(rows[i].row.key, rows[i].row.kind)];
    const struct row *r = &s->session->rows->items[site];
    if (site < s->session->rows->count && r->key == rows[i].row.key && r->kind == rows[i].row.kind)
      to[count++] = (struct page_share){moment, site, rows[i].bytes};
  }
  free(rows);
  return count;
}

static void shares_write(const struct sites *s) {
  static const struct column columns[] = {
      COLUMN(page_share, moment), COLUMN(page_share, site), COLUMN(page_share, bytes), {0}};
  struct page_share *shares = must_zalloc((size_t)s->dump->n_shares + 1, sizeof *shares);
  uint32_t *slots = page_slots_new(s->session->rows, s->session->paths);
  size_t count = 0;
  for (uint32_t i = 0; i < s->dump->n_moments; i++)
    count += moment_shares(s, slots, i, shares + count);
  page_table_write(&s->paths, "shares", columns, shares, sizeof *shares, count);
  free(slots);
  free(shares);
}

/* Waste is known by account; of each arena, in their order. */
static void arena_waste_write(const struct sites *s) {
  static const struct column columns[] = {{"waste", 0, sizeof(uint64_t), false}, {0}};
  const struct dump *d = s->dump;
  uint64_t *waste = arenas_waste(d);
  page_table_write(&s->paths, "waste", columns, waste, sizeof *waste, d->n_arenas);
  free(waste);
}

/* Paths that were cut, and the depth to ask for. */
static void cuts_write(const struct sites *s) {
  static const struct column columns[] = {{"paths", 0, 4, false}, {"remedy", 4, 4, false}, {0}};
  uint32_t cuts[] = {cuts_count(s->dump, s->session->names), cuts_remedy(s->dump)};
  page_table_write(&s->paths, "cuts", columns, cuts, sizeof cuts, 1);
}

void html_sites_write(const struct session *session, struct terms *strings, FILE *to) {
  struct sites s = {.dump = session->dump, .session = session};
  struct page_calls calls;
  struct page_mapped mapped;
  page_paths_open(&s.paths, session, strings, to);
  page_calls_open(&calls, s.dump, session->rows, &s.paths);
  page_mapped_open(&mapped, &s.paths);
  for (uint32_t i = 0; i < s.dump->n_regions; i++)
    page_path_need(&s.paths, region_path(&s, i));
  page_paths_number(&s.paths);
  rows_write(&s);
  page_calls_write(&calls, "calls");
  page_mapped_write(&mapped);
  regions_write(&s);
  arena_waste_write(&s);
  shares_write(&s);
  page_paths_write(&s.paths);
  cuts_write(&s);
  page_mapped_close(&mapped);
  page_calls_close(&calls);
  page_paths_close(&s.paths);
}
