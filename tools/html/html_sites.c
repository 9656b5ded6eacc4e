/* Call sites, their paths and frames in a page; contract in html_sites.h. */
#include "html_sites.h"
#include "cuts.h"
#include "say.h"
#include "session.h"

#include <stdlib.h>
#include <string.h>

struct sites {
  const struct dump *dump;
  struct session session;
  struct terms *strings;
  uint32_t *used; /* of each path: first whether the page needs it, then its index there + 1 */
  FILE *to;
};

static void table_write(const struct sites *s, const char *id, const struct column *columns,
                        const void *items, size_t item_bytes, size_t count) {
  html_table(&(struct table_json){id, columns, items, item_bytes, count, s->dump}, s->strings,
             s->to);
}

static void path_mark(struct sites *s, uint32_t path) {
  for (; path != PATH_ROOT && s->used[path] == 0; path = s->session.paths->items[path].parent)
    s->used[path] = 1;
}

static uint32_t region_path(const struct sites *s, uint32_t region) {
  return s->session.paths->of_node[s->dump->regions[region].node];
}

/* Numbers what is used: parents keep standing before their children.  Returns how many. */
static uint32_t paths_number(struct sites *s) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->session.rows->count; i++)
    path_mark(s, s->session.rows->items[i].key);
  for (uint32_t i = 0; i < s->dump->n_regions; i++)
    path_mark(s, region_path(s, i));
  for (uint32_t i = 0; i < s->session.paths->count; i++)
    if (s->used[i] != 0)
      s->used[i] = ++count;
  return count;
}

/* Texts are numbers of the page's strings already. */
struct page_frame {
  uint32_t function, label, file, type, module;
  uint32_t line;    /* 0: not known, or the call is one of several */
  uint32_t inlined; /* 1: into the frame that comes next */
  uint64_t offset;  /* of the return address in its module; 0: it is one of several */
  uint64_t
      inside; /* the same in its function, where texts show that in place of a line; 0: don't */
};

/* Where frames are merged, what only one of them has is left out. */
static struct page_frame frame_of(struct sites *s, uint32_t path) {
  struct frame f;
  paths_frame(s->session.paths, s->dump, s->session.names, path, &f);
  bool near = s->session.paths->items[path].near;
  bool one = f.label == NULL && (f.function == NULL || (near && f.line == 0));
  bool inner = s->session.paths->items[s->session.paths->items[path].parent].inner == 0;
  uint64_t bias = f.module != 0 ? s->dump->modules[f.module - 1].bias : 0;
  return (struct page_frame){
      .function = f.function != NULL ? terms_add(s->strings, f.function) : 0,
      .label = f.label != NULL ? terms_add(s->strings, f.label) : 0,
      .file = f.file != NULL ? terms_add(s->strings, f.file) : 0,
      .type = f.type != NULL ? terms_add(s->strings, f.type) : 0,
      .module = f.module,
      .line = near ? f.line : 0,
      .inlined = f.inlined,
      .offset = one ? f.address - bias : 0,
      .inside = near && inner && f.file == NULL && f.function != NULL && f.start != 0
                    ? f.address - f.start
                    : 0,
  };
}

struct page_path {
  uint32_t parent, frame;
};

/* Equal frames are one. */
static uint32_t frame_number(struct terms *frames, const struct page_frame *f) {
  char key[176];
  snprintf(key, sizeof key, "%u %u %u %u %u %u %u %llx %llx", f->function, f->label, f->file,
           f->type, f->module, f->line, f->inlined, (unsigned long long)f->offset,
           (unsigned long long)f->inside);
  return terms_add(frames, key);
}

static void frames_write(const struct sites *s, const struct page_frame *frames, uint32_t count) {
  static const struct column columns[] = {COLUMN(page_frame, function), COLUMN(page_frame, label),
                                          COLUMN(page_frame, file),     COLUMN(page_frame, type),
                                          COLUMN(page_frame, module),   COLUMN(page_frame, line),
                                          COLUMN(page_frame, inlined),  COLUMN(page_frame, offset),
                                          COLUMN(page_frame, inside),   {0}};
  table_write(s, "frames", columns, frames, sizeof *frames, count);
}

static void paths_write(struct sites *s, uint32_t count) {
  static const struct column columns[] = {COLUMN(page_path, parent), COLUMN(page_path, frame), {0}};
  struct page_path *paths = must_alloc(count * sizeof *paths), *p = paths;
  struct page_frame *frames = must_alloc(count * sizeof *frames);
  struct terms *numbers = terms_new();
  for (uint32_t i = 1; i < s->session.paths->count; i++) {
    if (s->used[i] == 0)
      continue;
    struct page_frame f = frame_of(s, i);
    uint32_t number = frame_number(numbers, &f);
    frames[number] = f;
    *p++ = (struct page_path){.parent = s->used[s->session.paths->items[i].parent],
                              .frame = number + 1};
  }
  table_write(s, "paths", columns, paths, sizeof *paths, count);
  frames_write(s, frames, terms_count(numbers));
  terms_free(numbers);
  free(frames);
  free(paths);
}

struct page_site {
  uint32_t path;
  uint32_t own;   /* path up to its first frame in the program's own source; 0: none is */
  uint32_t words; /* as for strings; 0: none */
  uint32_t bound; /* 1: its peak is an upper bound */
  uint64_t waste;
  struct dump_account sum;
};

static uint32_t own_path(const struct sites *s, uint32_t path) {
  const struct path *items = s->session.paths->items;
  while (path != PATH_ROOT && !(items[path].near && items[path].own))
    path = items[path].parent;
  return s->used[path];
}

static void rows_write(const struct sites *s) {
#define SUM(field)                                                                                 \
  { #field, offsetof(struct page_site, sum.field), sizeof(uint64_t), false }
  static const struct column columns[] = {COLUMN(page_site, path),
                                          COLUMN(page_site, own),
                                          COLUMN(page_site, words),
                                          COLUMN(page_site, bound),
                                          COLUMN(page_site, waste),
                                          SUM(allocs),
                                          SUM(bytes),
                                          SUM(live_objects),
                                          SUM(live_bytes),
                                          SUM(peak_bytes),
                                          SUM(at_peak_bytes),
                                          SUM(temporary),
                                          SUM(smallest),
                                          SUM(largest),
                                          {0}};
#undef SUM
  struct page_site *sites = must_alloc(s->session.rows->count * sizeof *sites);
  for (uint32_t i = 0; i < s->session.rows->count; i++) {
    const struct row *r = &s->session.rows->items[i];
    const char *words = row_words(r);
    sites[i] = (struct page_site){.path = s->used[r->key],
                                  .own = own_path(s, r->key),
                                  .words = words != NULL ? terms_add(s->strings, words) : 0,
                                  .bound = row_peak_is_bound(r),
                                  .waste = account_waste(&r->sum),
                                  .sum = r->sum};
  }
  table_write(s, "sites", columns, sites, sizeof *sites, s->session.rows->count);
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
    regions[i].node = s->used[region_path(s, i)];
  }
  table_write(s, "regions", columns, regions, sizeof *regions, d->n_regions);
  free(regions);
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
  s.used = must_zalloc(s.session.paths->count, sizeof *s.used);
  uint32_t count = paths_number(&s);
  rows_write(&s);
  regions_write(&s);
  arena_waste_write(&s);
  paths_write(&s, count);
  cuts_write(&s);
  free(s.used);
  session_close(&s.session);
}
