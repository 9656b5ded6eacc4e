/* Adds a dump's items to the sums; contract in merge.h. */
#include "lives.h"
#include "memory_missing.h"
#include "merge_parts.h"
#include "rows.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* What is counted of what is not there: a line of the health section. */
static const char untagged[] = "processes without tags: their memory is of no call site";

struct merge *merge_new(void) {
  struct merge *m = must_zalloc(1, sizeof *m);
  m->texts = trie_new();
  pool_begin(&m->modules, sizeof(struct merge_module), offsetof(struct merge_module, low));
  pool_begin(&m->nodes, sizeof(struct merge_node), offsetof(struct merge_node, of));
  pool_begin(&m->sites, sizeof(struct merge_site), offsetof(struct merge_site, sum));
  pool_begin(&m->arenas, sizeof(struct merge_arena), offsetof(struct merge_arena, count));
  pool_begin(&m->classes, sizeof(struct merge_class), offsetof(struct merge_class, sum));
  pool_begin(&m->ledger, sizeof(struct merge_ledger), offsetof(struct merge_ledger, bytes));
  pool_begin(&m->health, sizeof(struct merge_health), offsetof(struct merge_health, flags));
  pool_begin(&m->regions, sizeof(struct merge_region), 3 * sizeof(uint32_t));
  pool_begin(&m->accounts, sizeof(struct merge_account), offsetof(struct merge_account, sum));
  pool_begin(&m->mappings, sizeof(struct merge_mapping), offsetof(struct merge_mapping, sum));
  pool_begin(&m->map_accounts, sizeof(struct merge_map_account),
             offsetof(struct merge_map_account, sum));
  pool_get(&m->nodes, &(struct merge_node){0}); /* 0 is the root */
  return m;
}

void merge_free(struct merge *m) {
  pool_free(&m->modules);
  pool_free(&m->nodes);
  pool_free(&m->sites);
  pool_free(&m->arenas);
  pool_free(&m->classes);
  pool_free(&m->ledger);
  pool_free(&m->health);
  pool_free(&m->regions);
  pool_free(&m->accounts);
  pool_free(&m->mappings);
  pool_free(&m->map_accounts);
  trie_free(m->texts);
  free(m);
}

/* A dump that is being added. */
struct adding {
  struct merge *m;
  const struct dump *d;
  bool subtract;
  uint32_t process; /* text; 0: none */
  uint32_t *nodes;  /* merge_nodes */
  uint32_t *arenas; /* of each arena: the arena here */
  uint32_t *sites;  /* of each site, once it is met: the site here + 1 */
};

/* ---- arenas ---- */

/* "redis-server 12/io_thd_1" */
static uint32_t arena_name(const struct adding *a, const char *name) {
  if (a->process == 0)
    return trie_text(a->m->texts, name);
  char *both = must_print("%s/%s", a->m->texts->texts[a->process], name);
  uint32_t text = trie_text(a->m->texts, both);
  free(both);
  return text;
}

static uint32_t arena_get(const struct adding *a, const char *name) {
  uint32_t key = arena_name(a, name);
  return pool_get(&a->m->arenas, &key);
}

static void arena_add(const struct adding *a, uint32_t i) {
  const struct dump_arena *from = &a->d->arenas[i];
  a->arenas[i] = arena_get(a, dump_bytes(a->d, from->name));
  struct merge_arena *to = pool_item(&a->m->arenas, a->arenas[i]);
  MERGE_FIELDS(&to->sum, from, total_allocs, remote_frees, a->subtract);
  to->sum.threads += a->subtract ? -from->threads : from->threads;
  to->sum.flags |= from->flags;
  to->count++;
}

static void arenas_add(struct adding *a) {
  a->arenas = must_zalloc((size_t)a->d->n_arenas + 1, sizeof *a->arenas);
  for (uint32_t i = 0; i < a->d->n_arenas; i++)
    arena_add(a, i);
}

/* ---- classes, ledger, health ---- */

static void classes_add(const struct adding *a) {
  for (uint32_t i = 0; i < a->d->n_classes; i++) {
    const struct dump_class *from = &a->d->classes[i];
    struct merge_class *to = pool_item(&a->m->classes, pool_get(&a->m->classes, &from->cell_bytes));
    MERGE_FIELDS(&to->sum, from, slabs, live_bytes, a->subtract);
  }
}

/* Items that are new have count 0 and place 0. */
static uint32_t place_join(bool is_new, uint32_t place, uint32_t i) {
  return is_new || i < place ? i : place;
}

static void ledger_add(const struct adding *a) {
  for (uint32_t i = 0; i < a->d->n_ledger; i++) {
    const struct dump_ledger *from = &a->d->ledger[i];
    struct merge_ledger key = {.name = merge_text(a->m, a->d, from->name), .kind = from->kind};
    uint32_t before = a->m->ledger.count;
    struct merge_ledger *to = pool_item(&a->m->ledger, pool_get(&a->m->ledger, &key));
    to->place = place_join(before < a->m->ledger.count, to->place, i);
    merge_words(&to->bytes, &from->bytes, 1, a->subtract);
  }
}

static void health_join(struct merge *m, uint32_t name, uint32_t flags, uint64_t count,
                        uint32_t place) {
  uint32_t before = m->health.count;
  struct merge_health *to = pool_item(&m->health, pool_get(&m->health, &name));
  to->place = place_join(before < m->health.count, to->place, place);
  to->flags |= flags;
  to->count += count;
}

static void health_add(const struct adding *a) {
  for (uint32_t i = 0; i < a->d->n_health && !a->subtract; i++) {
    const struct dump_health *from = &a->d->health[i];
    health_join(a->m, merge_text(a->m, a->d, from->name), from->flags, from->count, i);
  }
}

/* Of a merge the lines have been added.  Its sums hold, so the line is about no doubt. */
static void missing_add(const struct adding *a) {
  enum { LAST = UINT32_MAX };
  if (a->subtract || a->d->n_mappings > 0 || a->d->process->reason == DUMP_MERGED)
    return;
  const char *process =
      a->process != 0 ? a->m->texts->texts[a->process] : dump_bytes(a->d, a->d->process->program);
  char *name = must_print("%s%s", MEMORY_MISSING, process);
  health_join(a->m, trie_text(a->m->texts, name), 0, dump_processes(a->d), LAST);
  free(name);
}

void merge_doubt(struct merge *m, const char *what, uint64_t count) {
  enum { LAST = UINT32_MAX };
  if (count == 0)
    return;
  health_join(m, trie_text(m->texts, what), DUMP_PROBLEM, count, LAST);
  m->process.flags |= DUMP_PARTIAL;
}

/* ---- accounts and regions ---- */

static void range_join(struct merge_account *to, const struct dump_account *from) {
  struct dump_account *sum = &to->sum;
  if (from->allocs == 0 && from->largest == 0)
    return;
  sum->smallest = !to->ranged || from->smallest < sum->smallest ? from->smallest : sum->smallest;
  sum->largest = from->largest > sum->largest ? from->largest : sum->largest;
  to->ranged = true;
}

/* Rounding that was never touched is taken off before it is added: the sums don't tell how much of
 * them that was (account_rounding). */
static void account_join(struct merge_account *to, const struct dump_account *from, bool subtract) {
  struct dump_account a = *from;
  a.live_rounded = a.live_bytes + account_rounding(from);
  range_join(to, from);
  MERGE_FIELDS(&to->sum, &a, allocs, temporary, subtract);
  MERGE_FIELDS(&to->sum, &a, pinned_bytes, large_allocs, subtract);
  if (!subtract)
    lives_add(to->sum.lives, from->lives);
}

static uint32_t site_add(const struct adding *a, uint32_t i) {
  const struct dump_site *from = &a->d->sites[i];
  struct merge_site key = {.node = merge_label(a->m, a->nodes[from->node], a->process),
                           .kind = from->kind};
  uint32_t number = pool_get(&a->m->sites, &key);
  struct merge_site *to = pool_item(&a->m->sites, number);
  MERGE_FIELDS(&to->sum, from, resident_bytes, swapped_bytes, a->subtract);
  return number;
}

/* What is resident of a site is added once. */
static uint32_t site_get(const struct adding *a, uint32_t i) {
  if (a->sites[i] == 0)
    a->sites[i] = site_add(a, i) + 1;
  return a->sites[i] - 1;
}

static void accounts_add(const struct adding *a) {
  const struct dump *d = a->d;
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    const struct dump_account *from = &d->accounts[i];
    uint32_t arena =
        from->arena < d->n_arenas ? a->arenas[from->arena] : arena_get(a, "(arena lost)");
    struct merge_account key = {.arena = arena, .site = site_get(a, from->site)};
    struct merge_account *to = pool_item(&a->m->accounts, pool_get(&a->m->accounts, &key));
    account_join(to, from, a->subtract);
  }
}

static void map_accounts_add(const struct adding *a) {
  for (uint32_t i = 0; i < a->d->n_map_accounts; i++) {
    const struct dump_map_account *from = &a->d->map_accounts[i];
    struct merge_map_account key = {.arena = from->arena > 0 ? a->arenas[from->arena - 1] + 1 : 0,
                                    .site = site_get(a, from->site)};
    struct merge_map_account *to =
        pool_item(&a->m->map_accounts, pool_get(&a->m->map_accounts, &key));
    MERGE_FIELDS(&to->sum, from, allocs, at_peak_bytes, a->subtract);
  }
}

static void regions_add(const struct adding *a) {
  for (uint32_t i = 0; i < a->d->n_regions; i++) {
    const struct dump_region *from = &a->d->regions[i];
    struct merge_region key = {.name = merge_text(a->m, a->d, from->name),
                               .node = merge_label(a->m, a->nodes[from->node], a->process),
                               .state = from->state};
    struct merge_region *to = pool_item(&a->m->regions, pool_get(&a->m->regions, &key));
    MERGE_FIELDS(&to->sum, from, total_allocs, destroyed, a->subtract);
  }
}

static void mappings_add(const struct adding *a) {
  for (uint32_t i = 0; i < a->d->n_mappings; i++) {
    const struct dump_mapping *from = &a->d->mappings[i];
    struct merge_mapping key = {.kind = from->kind, .name = merge_text(a->m, a->d, from->name)};
    struct merge_mapping *to = pool_item(&a->m->mappings, pool_get(&a->m->mappings, &key));
    MERGE_FIELDS(&to->sum, from, mapped, guard, a->subtract);
    to->sum.count += a->subtract ? -from->count : from->count;
  }
}

/* ---- a dump ---- */

void merge_add(struct merge *m, const struct dump *d, const struct merge_how *how) {
  struct adding a = {.m = m, .d = d, .subtract = how->subtract};
  if (how->process != NULL && dump_processes(d) == 1)
    a.process = trie_text(m->texts, how->process);
  a.nodes = merge_nodes(m, d, how);
  merge_process(m, d, how->subtract);
  arenas_add(&a);
  classes_add(&a);
  ledger_add(&a);
  health_add(&a);
  missing_add(&a);
  a.sites = must_zalloc((size_t)d->n_sites + 1, sizeof *a.sites);
  accounts_add(&a);
  map_accounts_add(&a);
  regions_add(&a);
  mappings_add(&a);
  free(a.nodes);
  free(a.arenas);
  free(a.sites);
  if (m->process.tags != DUMP_TAG_OFF) {
    merge_doubt(m, untagged, m->untagged);
    m->untagged = 0;
  }
}
