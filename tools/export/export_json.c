/* A dump as one JSON document; tools/arenashim.schema.json says what each field means.
 *
 * Its lists are those of the dump, but for call paths: "frames" has each frame once, and a site's
 * "path" has indices in it, innermost first, wrappers folded away.
 */
#include "export_writers.h"
#include "export_frames.h"
#include "export_sums.h"
#include "memory_words.h"
#include "when.h"

/* A list of one object an item; `fill` gets it. */
typedef void filler(const struct export *e, uint32_t i, struct json_object *to);
static void list_put(const struct export *e, struct json_object *all, const char *key, uint32_t n,
                     filler *fill) {
  struct json_object *list = json_array_must();
  for (uint32_t i = 0; i < n; i++) {
    struct json_object *item = json_object_must();
    fill(e, i, item);
    json_add(list, item);
  }
  json_put(all, key, list);
}

/* null where there is none. */
static void index_put(struct json_object *to, const char *key, bool known, uint64_t number) {
  if (known)
    json_put_number(to, key, number);
  else
    json_put(to, key, NULL);
}

static struct json_object *path_array(const struct export *e, const struct row *r) {
  uint32_t frames[FRAMES_MAX], n = frames_of_row(e->frames, r, frames);
  struct json_object *path = json_array_must();
  while (n-- > 0)
    json_add_number(path, frames[n]);
  return path;
}

/* What a dump before the end of memory is about. */
static void limit_put(const struct dump_process *p, struct json_object *to) {
  json_put_text(to, "limit_kind",
                WORD(p->limit_kind, "none", "size", "cgroup", "address_space", "data"));
  PUT(to, p, limit_bytes);
  PUT(to, p, limit_used);
  json_put_bool(to, "limit_untouched", (p->flags & DUMP_LIMIT_UNTOUCHED) != 0);
}

static void flags_put(const struct dump_process *p, struct json_object *to) {
  json_put_bool(to, "fork_child", (p->flags & DUMP_FORK_CHILD) != 0);
  json_put_bool(to, "peak_is_bound", (p->flags & DUMP_PEAK_BOUND) != 0);
  json_put_bool(to, "large_is_stale", (p->flags & DUMP_LARGE_STALE) != 0);
  json_put_bool(to, "of_record", (p->flags & DUMP_OF_RECORD) != 0);
  json_put_bool(to, "replaced", (p->flags & DUMP_REPLACED) != 0);
}

static void process_put(const struct export *e, struct json_object *all) {
  const struct dump *d = e->dump;
  const struct dump_process *p = d->process;
  struct json_object *to = json_object_must();
  PUT(to, p, pid);
  PUT(to, p, ppid);
  json_put_number(to, "processes", dump_processes(d));
  PUT_TEXT(to, d, p, program);
  PUT_TEXT(to, d, p, command);
  PUT_TEXT(to, d, p, host);
  PUT_TEXT(to, d, p, version);
  PUT_TEXT(to, d, p, options);
  json_put_text(to, "reason",
                WORD(p->reason, "exit", "signal", "call", "limit", "outside", "killed", "merged"));
  PUT(to, p, signal);
  limit_put(p, to);
  flags_put(p, to);
  json_put_text(to, "tags", WORD(p->tags, "off", "site", "stack", "verify"));
  PUT(to, p, depth);
  PUT(to, p, unix_time);
  PUT(to, p, sample_bytes);
  PUT(to, p, block_bytes);
  PUT(to, p, slab_bytes);
  PUT_SUM(e, to, p, live_objects);
  PUT_SUM(e, to, p, live_bytes);
  PUT_SUM(e, to, p, peak_bytes);
  json_put_bool(to, "is_snapshot", dump_is_snapshot(d));
  PUT(to, p, start_ns);
  PUT(to, p, lived_ns);
  json_put(all, "process", to);
}

static void arena_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_arena *a = &e->dump->arenas[i];
  PUT(to, a, number);
  PUT_TEXT(to, e->dump, a, name);
  PUT(to, a, threads);
  json_put_bool(to, "running", (a->flags & DUMP_ARENA_RUNNING) != 0);
  json_put_bool(to, "peak_is_bound", (a->flags & DUMP_ARENA_PEAK_BOUND) != 0);
  PUT_SUM(e, to, a, total_allocs);
  PUT_SUM(e, to, a, total_size);
  PUT_SUM(e, to, a, total_blocks);
  PUT_SUM(e, to, a, total_block_size);
  PUT_SUM(e, to, a, total_big_blocks);
  PUT_SUM(e, to, a, live_objects);
  PUT_SUM(e, to, a, live_bytes);
  PUT_SUM(e, to, a, live_rounded);
  PUT_SUM(e, to, a, peak_bytes);
  PUT_SUM(e, to, a, frees);
  PUT_SUM(e, to, a, remote_frees);
}

static void class_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_class *c = &e->dump->classes[i];
  PUT(to, c, cell_bytes);
  PUT_SUM(e, to, c, slabs);
  PUT_SUM(e, to, c, in_use);
  PUT_SUM(e, to, c, free);
  PUT_SUM(e, to, c, uncarved_bytes);
  PUT_SUM(e, to, c, tail_bytes);
  PUT_SUM(e, to, c, allocs);
  PUT_SUM(e, to, c, frees);
  PUT_SUM(e, to, c, live_bytes);
}

static void ledger_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_ledger *l = &e->dump->ledger[i];
  PUT_TEXT(to, e->dump, l, name);
  json_put_text(to, "kind", WORD(l->kind, "line", "total", "resident"));
  PUT_SUM(e, to, l, bytes);
}

static void health_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_health *h = &e->dump->health[i];
  PUT_TEXT(to, e->dump, h, name);
  json_put_bool(to, "problem", (h->flags & DUMP_PROBLEM) != 0);
  PUT(to, h, count);
}

static void module_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_module *m = &e->dump->modules[i];
  PUT(to, m, start);
  PUT(to, m, end);
  PUT(to, m, bias);
  PUT_TEXT(to, e->dump, m, path);
  PUT_TEXT(to, e->dump, m, build_id);
  json_put_bool(to, "gone", (m->flags & DUMP_MODULE_GONE) != 0);
}

static void region_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_region *r = &e->dump->regions[i];
  PUT_TEXT(to, e->dump, r, name);
  json_put(to, "path", path_array(e, &(struct row){.key = e->session.paths->of_node[r->node]}));
  json_put_text(to, "state", WORD(r->state, "unknown", "live", "ended"));
  PUT_SUM(e, to, r, total_allocs);
  PUT_SUM(e, to, r, total_size);
  PUT_SUM(e, to, r, total_blocks);
  PUT_SUM(e, to, r, total_block_size);
  PUT_SUM(e, to, r, total_big_blocks);
  PUT_SUM(e, to, r, used);
  PUT_SUM(e, to, r, reserved);
  PUT_SUM(e, to, r, peak);
  PUT_SUM(e, to, r, destroyed);
}

static void block_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_block *b = &e->dump->blocks[i];
  PUT(to, b, number);
  index_put(to, "arena", b->arena > 0, b->arena - 1);
  PUT(to, b, bytes);
  PUT(to, b, passed);
  PUT(to, b, slabs);
  PUT(to, b, in_use);
  PUT(to, b, born);
  PUT(to, b, age);
}

static void frame_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct export_frame *f = &e->frames->items[i];
  json_put_text(to, "name", f->name);
  json_put_text(to, "function", f->is_function ? f->name : NULL);
  json_put_text(to, "type", f->type);
  json_put_text(to, "file", f->file);
  index_put(to, "line", f->line > 0, f->line);
  json_put_bool(to, "inlined", f->inlined);
  json_put_bool(to, "cut", f->is_cut);
  index_put(to, "module", f->module > 0, f->module - 1);
  bool placed = f->module > 0 && f->address > 0; /* a function of a merge is at no address */
  index_put(to, "offset", placed, placed ? f->address - e->dump->modules[f->module - 1].bias : 0);
  index_put(to, "address", f->address > 0, f->address);
}

static void site_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_site *s = &e->dump->sites[i];
  struct row r = export_site(&e->session, i);
  json_put_text(to, "kind", site_kind_word(s));
  json_put(to, "path", path_array(e, &r));
  if (e->resident) {
    PUT(to, s, resident_bytes);
    PUT(to, s, swapped_bytes);
  }
}

static void account_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_account *a = &e->dump->accounts[i];
  index_put(to, "arena", a->arena < e->dump->n_arenas, a->arena);
  index_put(to, "site", a->site < e->dump->n_sites, a->site);
  sums_put_account(e, to, a);
}

static void map_account_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_map_account *m = &e->dump->map_accounts[i];
  index_put(to, "arena", m->arena > 0, m->arena - 1);
  index_put(to, "site", m->site < e->dump->n_sites, m->site);
  sums_put_mapped(e, to, m);
}

static void map_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_map *m = &e->dump->maps[i];
  PUT(to, m, start);
  PUT(to, m, end);
  PUT(to, m, offset);
  index_put(to, "arena", m->arena > 0, m->arena - 1);
  index_put(to, "site", m->site < e->dump->n_sites, m->site);
  json_put_text(to, "kind",
                WORD(m->kind, "unknown", "anonymous", "file", "segment", "break", "stack"));
  PUT(to, m, protection);
  PUT(to, m, flags);
}

/* The moment's shares: those of one moment stand one after the other. */
static struct json_object *shares_array(const struct dump *d, uint32_t moment) {
  struct json_object *shares = json_array_must();
  for (uint32_t i = 0; i < d->n_shares; i++) {
    if (d->shares[i].moment != moment)
      continue;
    struct json_object *share = json_object_must();
    index_put(share, "site", d->shares[i].site < d->n_sites, d->shares[i].site);
    PUT(share, &d->shares[i], bytes);
    json_add(shares, share);
  }
  return shares;
}

static void moment_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_moment *m = &e->dump->moments[i];
  bool tagged = (m->flags & DUMP_MOMENT_TAGGED) != 0;
  PUT(to, m, time_ns);
  PUT(to, m, live_bytes);
  PUT(to, m, mapped_bytes);
  index_put(to, "resident_bytes", m->resident_bytes > 0, m->resident_bytes);
  PUT(to, m, allocs);
  index_put(to, "rest_bytes", tagged, m->rest_bytes);
  json_put_bool(to, "at_reading", (m->flags & DUMP_MOMENT_AT_READING) != 0);
  json_put(to, "shares", shares_array(e->dump, i));
}

static void event_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_event *v = &e->dump->events[i];
  PUT(to, v, time_ns);
  json_put_text(to, "kind",
                WORD(v->kind, "unknown", "mark", "fork", "dump", "limit", "attach", "detach"));
  PUT_TEXT(to, e->dump, v, text);
  PUT(to, v, value);
  PUT(to, v, count);
}

static void mapping_fill(const struct export *e, uint32_t i, struct json_object *to) {
  const struct dump_mapping *m = &e->dump->mappings[i];
  json_put_text(to, "kind", memory_kind_key(m->kind));
  PUT_TEXT(to, e->dump, m, name);
  index_put(to, "site", m->site > 0, m->site - 1);
  PUT(to, m, start);
  PUT(to, m, mapped);
  PUT(to, m, resident);
  PUT(to, m, swapped);
  PUT(to, m, anonymous);
  PUT(to, m, shared);
  PUT(to, m, trim);
  PUT(to, m, depth);
  PUT(to, m, guard);
  PUT(to, m, count);
}

void export_json(const struct export *e, FILE *to) {
  const struct dump *d = e->dump;
  struct json_object *all = json_object_must();
  json_put_text(all, "format", "arenashim");
  json_put_number(all, "version", 1);
  if (e->base != NULL)
    json_put_bool(all, "delta", true);
  process_put(e, all);
  list_put(e, all, "arenas", d->n_arenas, arena_fill);
  list_put(e, all, "classes", d->n_classes, class_fill);
  list_put(e, all, "ledger", d->n_ledger, ledger_fill);
  list_put(e, all, "health", d->n_health, health_fill);
  list_put(e, all, "modules", d->n_modules, module_fill);
  list_put(e, all, "regions", d->n_regions, region_fill);
  list_put(e, all, "blocks", d->n_blocks, block_fill);
  list_put(e, all, "frames", e->frames->count, frame_fill);
  list_put(e, all, "sites", d->n_sites, site_fill);
  list_put(e, all, "accounts", d->n_accounts, account_fill);
  list_put(e, all, "mapped", d->n_map_accounts, map_account_fill);
  list_put(e, all, "ranges", d->n_maps, map_fill);
  list_put(e, all, "moments", d->n_moments, moment_fill);
  list_put(e, all, "events", d->n_events, event_fill);
  list_put(e, all, "mappings", d->n_mappings, mapping_fill);
  json_write(all, to);
}
