/* Call sites, their paths and frames in a page; contract in html_sites.h. */
#include "html_sites.h"
#include "axis.h"
#include "cuts.h"
#include "lives.h"
#include "say.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

/* The session's rows are what the table of call sites shows: far callers count by function there.
 * The page's trees show the line of each call: so a row has one or several `calls`, whose frames
 * are all the page's paths. */
struct sites {
  const struct dump *dump;
  struct session session;
  struct paths *paths;
  struct rows *calls;
  struct terms *strings;
  uint32_t
      *used; /* of each of `paths`: first whether the page needs it, then its index there + 1 */
  FILE *to;
};

static void table_write(const struct sites *s, const char *id, const struct column *columns,
                        const void *items, size_t item_bytes, size_t count) {
  html_table(&(struct table_json){id, columns, items, item_bytes, count, s->dump}, s->strings,
             s->to);
}

static void path_mark(struct sites *s, uint32_t path) {
  for (; path != PATH_ROOT && s->used[path] == 0; path = s->paths->items[path].parent)
    s->used[path] = 1;
}

static uint32_t region_path(const struct sites *s, uint32_t region) {
  return s->paths->of_node[s->dump->regions[region].node];
}

/* Numbers what is used: parents keep standing before their children.  Returns how many. */
static uint32_t paths_number(struct sites *s) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->calls->count; i++)
    path_mark(s, s->calls->items[i].key);
  for (uint32_t i = 0; i < s->dump->n_regions; i++)
    path_mark(s, region_path(s, i));
  for (uint32_t i = 0; i < s->paths->count; i++)
    if (s->used[i] != 0)
      s->used[i] = ++count;
  return count;
}

/* Texts are numbers of the page's strings already. */
struct page_frame {
  uint32_t function, label, cut, file, type, module;
  uint32_t line;    /* of the call; 0: not known */
  uint32_t inlined; /* 1: into the frame that comes next */
  uint64_t offset;  /* of the return address in its module; 0: it is one of several */
  uint64_t inside;  /* the same in its function, shown in place of a line; 0: don't */
};

static uint32_t text_number(const struct sites *s, const char *text) {
  return text != NULL ? terms_add(s->strings, text) : 0;
}

/* Only an innermost frame, and one without a name, has an address of its own: calls of a function
 * from lines that are not known are one frame. */
static struct page_frame frame_of(const struct sites *s, uint32_t path) {
  struct frame f;
  paths_frame(s->paths, s->dump, s->session.names, path, &f);
  bool inner = s->paths->items[s->paths->items[path].parent].inner == 0;
  bool one = f.function == NULL ? f.module != 0 || f.address != 0 : inner && f.line == 0;
  uint64_t bias = f.module != 0 ? s->dump->modules[f.module - 1].bias : 0;
  return (struct page_frame){
      .function = text_number(s, f.function),
      .label = text_number(s, f.label),
      .cut = text_number(s, f.cut),
      .file = text_number(s, f.file),
      .type = text_number(s, f.type),
      .module = f.module,
      .line = f.line,
      .inlined = f.inlined,
      .offset = one && f.label == NULL ? f.address - bias : 0,
      .inside = one && f.function != NULL && f.start != 0 ? f.address - f.start : 0,
  };
}

struct page_path {
  uint32_t parent, frame;
  uint32_t far; /* 1: an inner frame is in the program's own source */
};

/* Equal frames are one. */
static uint32_t frame_number(struct terms *frames, const struct page_frame *f) {
  char key[192];
  snprintf(key, sizeof key, "%u %u %u %u %u %u %u %u %llx %llx", f->function, f->label, f->cut,
           f->file, f->type, f->module, f->line, f->inlined, (unsigned long long)f->offset,
           (unsigned long long)f->inside);
  return terms_add(frames, key);
}

static void frames_write(const struct sites *s, const struct page_frame *frames, uint32_t count) {
  static const struct column columns[] = {COLUMN(page_frame, function),
                                          COLUMN(page_frame, label),
                                          COLUMN(page_frame, cut),
                                          COLUMN(page_frame, file),
                                          COLUMN(page_frame, type),
                                          COLUMN(page_frame, module),
                                          COLUMN(page_frame, line),
                                          COLUMN(page_frame, inlined),
                                          COLUMN(page_frame, offset),
                                          COLUMN(page_frame, inside),
                                          {0}};
  table_write(s, "frames", columns, frames, sizeof *frames, count);
}

static void paths_write(struct sites *s, uint32_t count) {
  static const struct column columns[] = {
      COLUMN(page_path, parent), COLUMN(page_path, frame), COLUMN(page_path, far), {0}};
  struct page_path *paths = must_alloc(count * sizeof *paths), *p = paths;
  struct page_frame *frames = must_alloc(count * sizeof *frames);
  struct terms *numbers = terms_new();
  const struct path *items = s->paths->items;
  for (uint32_t i = 1; i < s->paths->count; i++) {
    if (s->used[i] == 0)
      continue;
    struct page_frame f = frame_of(s, i);
    uint32_t number = frame_number(numbers, &f);
    frames[number] = f;
    *p++ = (struct page_path){
        .parent = s->used[items[i].parent], .frame = number + 1, .far = items[items[i].parent].own};
  }
  table_write(s, "paths", columns, paths, sizeof *paths, count);
  frames_write(s, frames, terms_count(numbers));
  terms_free(numbers);
  free(frames);
  free(paths);
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
struct page_call {
  uint32_t site;
  uint32_t path;
  uint32_t own; /* path up to its first frame in the program's own source; 0: none is */
  uint64_t waste;
  struct dump_account sum;
};
#define SUM(type, field)                                                                           \
  { #field, offsetof(struct type, sum.field), sizeof(uint64_t), false }

static void lives_set(const struct sites *s, struct page_site *to, const uint32_t *lives) {
  char bar[DUMP_LIVES + 1], name[UNITS_MAX];
  if (lives_count(lives) == 0)
    return;
  lives_bar(lives, bar);
  to->lives = text_number(s, bar);
  lives_below(lives, 50, name);
  to->half = text_number(s, name);
  lives_below(lives, 89, name);
  to->most = text_number(s, name);
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
  const struct rows *rows = s->session.rows;
  struct page_site *sites = must_alloc(rows->count * sizeof *sites);
  for (uint32_t i = 0; i < rows->count; i++) {
    const struct row *r = &rows->items[i];
    sites[i] = (struct page_site){.words = text_number(s, row_words(r)),
                                  .bound = row_peak_is_bound(s->dump, r),
                                  .waste = account_waste(&r->sum),
                                  .sum = r->sum};
    lives_set(s, &sites[i], r->sum.lives);
  }
  table_write(s, "sites", columns, sites, sizeof *sites, rows->count);
  free(sites);
}

static uint32_t own_path(const struct sites *s, uint32_t path) {
  uint32_t own = PATH_ROOT;
  for (; path != PATH_ROOT && s->paths->items[path].own; path = s->paths->items[path].parent)
    own = path;
  return s->used[own];
}

static size_t slot_of(uint32_t path, uint32_t kind) { return (size_t)path * ROW_KINDS + kind; }

/* Of each slot: the index of the row that has this path and kind; to be freed. */
static uint32_t *slots_new(const struct rows *rows, const struct paths *paths) {
  uint32_t *slots = must_zalloc((size_t)paths->count * ROW_KINDS, sizeof *slots);
  for (uint32_t i = 0; i < rows->count; i++)
    slots[slot_of(rows->items[i].key, rows->items[i].kind)] = i;
  return slots;
}

/* Of each call: the row that it is part of; to be freed.  Accounts of one call are in one row, for
 * what shows the same lines shows the same functions. */
static uint32_t *owners_new(const struct sites *s) {
  uint32_t *of_rows = slots_new(s->session.rows, s->session.paths),
           *of_calls = slots_new(s->calls, s->paths),
           *owners = must_zalloc(s->calls->count, sizeof *owners);
  for (uint32_t i = 0; i < s->dump->n_accounts; i++) {
    const struct dump_site *site = &s->dump->sites[s->dump->accounts[i].site];
    uint32_t kind = row_kind(site->kind);
    owners[of_calls[slot_of(s->paths->of_node[site->node], kind)]] =
        of_rows[slot_of(s->session.paths->of_node[site->node], kind)];
  }
  free(of_rows);
  free(of_calls);
  return owners;
}

static void calls_write(const struct sites *s) {
  static const struct column columns[] = {
      COLUMN(page_call, site),    COLUMN(page_call, path),       COLUMN(page_call, own),
      COLUMN(page_call, waste),   SUM(page_call, allocs),        SUM(page_call, bytes),
      SUM(page_call, live_bytes), SUM(page_call, at_peak_bytes), {0}};
  struct page_call *calls = must_alloc(s->calls->count * sizeof *calls);
  uint32_t *owners = owners_new(s);
  for (uint32_t i = 0; i < s->calls->count; i++) {
    const struct row *r = &s->calls->items[i];
    calls[i] = (struct page_call){.site = owners[i],
                                  .path = s->used[r->key],
                                  .own = own_path(s, r->key),
                                  .waste = account_waste(&r->sum),
                                  .sum = r->sum};
  }
  table_write(s, "calls", columns, calls, sizeof *calls, s->calls->count);
  free(owners);
  free(calls);
}
#undef SUM

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
    regions[i].node = s->used[region_path(s, i)];
  }
  table_write(s, "regions", columns, regions, sizeof *regions, d->n_regions);
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
  struct axis_row *rows = axis_rows(&s->session, moment, &n, &rest);
  for (size_t i = 0; i < n; i++) {
    uint32_t site = slots[slot_of(rows[i].row.key, rows[i].row.kind)];
    const struct row *r = &s->session.rows->items[site];
    if (site < s->session.rows->count && r->key == rows[i].row.key && r->kind == rows[i].row.kind)
      to[count++] = (struct page_share){moment, site, rows[i].bytes};
  }
  free(rows);
  return count;
}

static void shares_write(const struct sites *s) {
  static const struct column columns[] = {
      COLUMN(page_share, moment), COLUMN(page_share, site), COLUMN(page_share, bytes), {0}};
  struct page_share *shares = must_zalloc((size_t)s->dump->n_shares + 1, sizeof *shares);
  uint32_t *slots = slots_new(s->session.rows, s->session.paths);
  size_t count = 0;
  for (uint32_t i = 0; i < s->dump->n_moments; i++)
    count += moment_shares(s, slots, i, shares + count);
  table_write(s, "shares", columns, shares, sizeof *shares, count);
  free(slots);
  free(shares);
}

/* Waste is known by account; of each arena, in their order. */
static void arena_waste_write(const struct sites *s) {
  static const struct column columns[] = {{"waste", 0, sizeof(uint64_t), false}, {0}};
  const struct dump *d = s->dump;
  uint64_t *waste = arenas_waste(d);
  table_write(s, "waste", columns, waste, sizeof *waste, d->n_arenas);
  free(waste);
}

/* Paths that were cut, and the depth to ask for. */
static void cuts_write(const struct sites *s) {
  static const struct column columns[] = {{"paths", 0, 4, false}, {"remedy", 4, 4, false}, {0}};
  uint32_t cuts[] = {cuts_count(s->dump, s->session.names), cuts_remedy(s->dump)};
  table_write(s, "cuts", columns, cuts, sizeof cuts, 1);
}

void html_sites_write(const struct dump *d, const struct option_names *names, struct terms *strings,
                      FILE *to) {
  struct sites s = {.dump = d, .strings = strings, .to = to};
  session_open(&s.session, d, names, ROW_PATH);
  s.paths = paths_new(d, s.session.names, PATHS_LINES, true);
  s.calls = rows_new(&(struct rows_keys){.dump = d, .paths = s.paths, .by = ROW_PATH});
  s.used = must_zalloc(s.paths->count, sizeof *s.used);
  uint32_t count = paths_number(&s);
  rows_write(&s);
  calls_write(&s);
  regions_write(&s);
  arena_waste_write(&s);
  shares_write(&s);
  paths_write(&s, count);
  cuts_write(&s);
  free(s.used);
  rows_free(s.calls);
  paths_free(s.paths);
  session_close(&s.session);
}
