/* The entries of the table of modules; contract and picture in module_table.h. */
#include "module_table.h"
#include "os.h"

#include <string.h>

enum { FIRST_BLOCK_LOG = 6, BLOCKS = 20, BUCKETS = 512, NAMES_BYTES = 2 * PAGE_BYTES };

static struct {
  struct entry *_Atomic block[BLOCKS];
  _Atomic unsigned count; /* entries that may be read */
  char *names;            /* free room for names */
  size_t names_left;
  struct entry *standing[BUCKETS], *left[BUCKETS], *spare;
  _Atomic uint64_t bytes;
} table;

static void *table_map(size_t bytes) {
  void *p = os_map(round_up(bytes, PAGE_BYTES));
  if (p != NULL)
    atomic_fetch_add_explicit(&table.bytes, round_up(bytes, PAGE_BYTES), memory_order_relaxed);
  return p;
}

uint64_t table_bytes(void) { return atomic_load_explicit(&table.bytes, memory_order_relaxed); }
unsigned table_count(void) { return atomic_load_explicit(&table.count, memory_order_acquire); }

/* Entry i, counted from 64 on, has its highest bit in the block's number. */
static unsigned block_of(unsigned i) {
  return 31 - (unsigned)__builtin_clz(i + (1u << FIRST_BLOCK_LOG)) - FIRST_BLOCK_LOG;
}
static size_t block_entries(unsigned block) { return (size_t)1 << (FIRST_BLOCK_LOG + block); }

struct entry *entry_at(unsigned i) {
  unsigned block = block_of(i);
  return atomic_load_explicit(&table.block[block], memory_order_acquire) +
         (i + block_entries(0) - block_entries(block));
}

/* ---- new entries ---- */

static struct entry *entry_new(void) {
  unsigned i = table_count(), block = block_of(i);
  if (block >= BLOCKS)
    return NULL;
  if (atomic_load_explicit(&table.block[block], memory_order_relaxed) == NULL) {
    struct entry *fresh = table_map(block_entries(block) * sizeof *fresh);
    if (fresh == NULL)
      return NULL;
    atomic_store_explicit(&table.block[block], fresh, memory_order_release);
  }
  struct entry *e = entry_at(i);
  e->number = i;
  atomic_store_explicit(&e->module.gone, true, memory_order_relaxed);
  return e;
}

/* A path that somebody reads meanwhile is never without its end: the room's last byte stays 0. */
static bool path_put(struct entry *e, const char *path) {
  size_t bytes = strlen(path) + 1;
  if (bytes > e->room) {
    if (bytes > table.names_left) {
      size_t room = bytes > NAMES_BYTES ? bytes : NAMES_BYTES;
      char *fresh = table_map(room);
      if (fresh == NULL)
        return false;
      table.names = fresh;
      table.names_left = round_up(room, PAGE_BYTES);
    }
    e->module.path = memcpy(table.names, path, bytes);
    e->room = bytes;
    table.names += bytes;
    table.names_left -= bytes;
    return true;
  }
  memcpy((char *)e->module.path, path, bytes);
  return true;
}

/* ---- buckets ---- */

static struct entry **standing_bucket(uintptr_t start) {
  return &table.standing[(start / PAGE_BYTES ^ start / PAGE_BYTES / BUCKETS) % BUCKETS];
}
static struct entry **left_bucket(uint64_t identity) { return &table.left[identity % BUCKETS]; }

static void push(struct entry **bucket, struct entry *e) {
  e->next = *bucket;
  *bucket = e;
}

static struct entry *pop(struct entry **place) {
  struct entry *e = *place;
  if (e != NULL)
    *place = e->next;
  return e;
}

struct entry *table_standing(uintptr_t start, uintptr_t end) {
  struct entry *e = *standing_bucket(start);
  while (e != NULL && (e->module.start != start || e->module.end != end))
    e = e->next;
  return e;
}

/* One that has left; addresses in it that nobody moves make it one that can't come back. */
static struct entry *take_left(uint64_t identity) {
  struct entry **place = left_bucket(identity);
  while (*place != NULL && ((*place)->identity != identity || (*place)->kept.addresses))
    place = &(*place)->next;
  return pop(place);
}

static void fill(struct entry *e, const struct module *m) {
  e->module.start = m->start;
  e->module.end = m->end;
  e->module.bias = m->bias;
  e->module.dynamic = m->dynamic;
  memcpy(e->module.build_id, m->build_id, sizeof m->build_id);
  e->module.build_id_bytes = m->build_id_bytes;
  e->module.life++;
}

struct entry *table_add(const struct module *m, uint64_t identity, const char *path) {
  struct entry *e = take_left(identity);
  bool is_new = false;
  if (e == NULL) {
    e = pop(&table.spare);
    is_new = e == NULL;
    if (is_new)
      e = entry_new();
    if (e == NULL)
      return NULL;
    if (!path_put(e, path)) {
      if (!is_new)
        push(&table.spare, e);
      return NULL;
    }
    e->identity = identity;
  }
  fill(e, m);
  e->came = true;
  push(standing_bucket(m->start), e);
  atomic_store_explicit(&e->module.gone, false, memory_order_release);
  if (is_new)
    atomic_store_explicit(&table.count, e->number + 1, memory_order_release);
  return e;
}

void table_sweep(unsigned pass, void (*left)(struct entry *e, void *argument), void *argument) {
  for (struct entry **bucket = table.standing; bucket < table.standing + BUCKETS; bucket++)
    for (struct entry **place = bucket; *place != NULL;) {
      if ((*place)->seen == pass) {
        place = &(*place)->next;
        continue;
      }
      struct entry *e = pop(place);
      atomic_store_explicit(&e->module.gone, true, memory_order_release);
      left(e, argument);
      bool spare = e->kept.nodes == 0 && !e->kept.addresses;
      push(spare ? &table.spare : left_bucket(e->identity), e);
    }
}

void table_each_standing(void (*visit)(struct entry *e, void *argument), void *argument) {
  for (unsigned i = 0; i < BUCKETS; i++)
    for (struct entry *e = table.standing[i]; e != NULL; e = e->next)
      visit(e, argument);
}
