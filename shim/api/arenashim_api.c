/* The functions that programs can call; contract in arenashim.h. */
#include "arenashim.h"
#include "big_stack.h"
#include "caller.h"
#include "call_path.h"
#include "capture_modules.h"
#include "dump.h"
#include "labels.h"
#include "options.h"
#include "report.h"
#include "setup.h"
#include "site_stats.h"
#include "snapshot.h"
#include "tag_mode.h"
#include "timeline.h"

#include <errno.h>
#include <string.h>

static int fail(int error) {
  errno = error;
  return -1;
}

exported int arenashim_name_arena(const char *name) {
  struct heap *h = heap_of_thread();
  if (h == NULL)
    return fail(ENOMEM);
  size_t length = strnlen(name, sizeof counts_of(h)->name - 1);
  memset(counts_of(h)->name, 0, sizeof counts_of(h)->name);
  memcpy(counts_of(h)->name, name, length);
  h->named = length > 0;
  return 0;
}

exported int arenashim_mark(const char *name) {
  if (name == NULL || *name == '\0')
    return fail(EINVAL);
  setup_once();
  if (options_now()->disabled)
    return fail(ENOTSUP);
  timeline_mark(name);
  return 0;
}

/* ---- tags ---- */

/* Where the thread's pushed tags are; NULL: it has no tags.  Where somebody has attached and has
 * detached again, they may be in the arena that it does not use now. */
static struct capture *pushed_tags(const struct heap *h) {
  if (tagged_mode == TAGGED_NONE)
    return NULL;
  struct capture *c = capture_of(h);
  return c == NULL && h->beside != NULL ? capture_of(h->beside) : c;
}

exported int arenashim_push_tag(const char *name) {
  size_t length = strnlen(name, LABEL_BYTES_MAX + 1);
  struct heap *h = heap_of_thread();
  if (length > LABEL_BYTES_MAX)
    return fail(EINVAL);
  if (h == NULL)
    return fail(ENOMEM);
  struct capture *c = pushed_tags(h);
  if (c == NULL)
    return fail(ENOTSUP);
  if (c->labels == LABELS_MAX)
    return fail(E2BIG);
  const char *text = label_text(name, length);
  if (text == NULL)
    return -1;
  struct node *n = path_child(c->root, (uintptr_t)text, NODE_LABEL);
  if (n == NULL)
    return fail(ENOMEM);
  c->below[c->labels++] = c->root;
  c->root = n;
  return 0;
}

exported int arenashim_pop_tag(void) {
  struct heap *h = heap_mine();
  struct capture *c = h == NULL ? NULL : pushed_tags(h);
  if (c == NULL || c->labels == 0)
    return fail(EINVAL);
  c->root = c->below[--c->labels];
  return 0;
}

/* ---- totals ---- */

static void add_counters(void *totals) {
  struct arenashim_totals *t = totals;
  struct snapshot g;
  snapshot_take(&g);
  t->allocs = g.large_allocs + g.resized;
  t->frees = g.large_frees + g.resized;
  t->table_bytes = tagged_mode != TAGGED_NONE ? g.tag_tables : 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    t->allocs += g.sums.allocs[c];
    t->frees += g.sums.frees[c];
  }
}

static void add_sites(struct arenashim_totals *t) {
  struct site_stats stats;
  if (sites_begin(0) != 0)
    return;
  sites_add_up();
  for (uint32_t i = 1; i < sites_count(); i++)
    if (sites_sum(i, &stats)) {
      t->live_bytes += stats.sums.live_bytes;
      t->live_rounded += stats.sums.live_rounded;
    }
  sites_end();
}

static void add_captures(struct arenashim_totals *t) {
  struct capture_counts c;
  capture_sum(&c);
  t->unwound = c.unwound;
  t->learned = c.learned;
  t->cut = c.cut;
  t->nested = c.nested;
  t->full = c.full;
  t->untagged = c.untagged;
  t->verified = c.verified;
  t->different = c.different;
  t->early = c.early;
}

static void add_tagged(struct arenashim_totals *t) {
  t->tagged = 1;
  t->peak_bytes = (uint64_t)atomic_load(&pieces_head.peak.most);
  t->sites = path_sites();
  add_sites(t);
  add_captures(t);
}

exported void arenashim_totals(struct arenashim_totals *totals) {
  struct arenashim_totals t = {.size = totals->size, .arenas = heap_count()};
  on_big_stack(add_counters, &t);
  if (tagged_mode != TAGGED_NONE)
    add_tagged(&t);
  memcpy(totals, &t, t.size < sizeof t ? t.size : sizeof t);
}

/* ---- call sites ---- */

/* One call site as a visit shows it, with the arrays that it points to. */
enum { PATH_NODES_MAX = LABELS_MAX + PATH_FRAMES_MAX + 1 };
struct shown {
  struct arenashim_site site;
  const void *path[PATH_FRAMES_MAX];
  const char *tags[LABELS_MAX];
};

/* Reads a call path and its tags. */
static void read_path(struct shown *s, const struct node *end) {
  const struct node *nodes[PATH_NODES_MAX];
  unsigned length = end == NULL ? 0 : call_path_nodes(end, nodes, PATH_NODES_MAX);
  s->site.path = s->path;
  s->site.tags = s->tags;
  s->site.frames = s->site.tag_count = 0;
  for (unsigned i = 0; i < length; i++)
    if (node_is_frame(nodes[i]))
      s->path[s->site.frames++] = (const void *)capture_address(nodes[i]);
    else if (!node_is_mark(nodes[i]))
      s->tags[s->site.tag_count++] = (const char *)nodes[i]->address;
}

static void read_line(struct arenashim_site *s, const struct dump_account *line) {
  *s = (struct arenashim_site){.allocs = line->allocs,
                               .frees = line->frees,
                               .bytes = line->bytes,
                               .live_bytes = line->live_bytes,
                               .live_rounded = line->live_rounded,
                               .smallest = line->smallest,
                               .largest = line->largest,
                               .temporary = line->temporary,
                               .pinned_bytes = line->pinned_bytes,
                               .at_peak_bytes = line->at_peak_bytes,
                               .at_peak_objects = line->at_peak_objects};
}

exported size_t arenashim_sites(void (*visit)(const struct arenashim_site *, void *),
                                void *argument) {
  size_t visits = 0;
  if (tagged_mode == TAGGED_NONE || sites_begin(0) != 0)
    return 0;
  sites_add_up();
  for (uint32_t i = 1; i < sites_count(); i++) {
    struct site_stats stats;
    struct shown s;
    if (!sites_sum(i, &stats))
      continue;
    read_line(&s.site, &stats.sums);
    read_path(&s, i < SITE_KINDS ? NULL : path_site_node(i));
    visit(&s.site, argument);
    visits++;
  }
  sites_end();
  return visits;
}

/* ---- reports ---- */

/* 0, or the errno value for a pattern that cannot be used.  NULL stands for the pattern of the
 * options, which must exist (has_default). */
static int pattern_error(const char *pattern, bool has_default) {
  if (options_now()->disabled)
    return ENOTSUP;
  if (pattern == NULL ? !has_default : *pattern == '\0')
    return EINVAL;
  return pattern != NULL && strnlen(pattern, PATTERN_MAX) == PATTERN_MAX ? ENAMETOOLONG : 0;
}

exported int arenashim_dump(const char *pattern) {
  setup_once();
  int error = pattern_error(pattern, options_now()->dump);
  if (error == 0)
    error = dump_write(DUMP_ON_CALL, 0, pattern);
  return error == 0 ? 0 : fail(error);
}

exported int arenashim_report(const char *pattern) {
  setup_once();
  int error = pattern_error(pattern, true);
  if (error == 0)
    error = report_write(DUMP_ON_CALL, 0, pattern);
  return error == 0 ? 0 : fail(error);
}
