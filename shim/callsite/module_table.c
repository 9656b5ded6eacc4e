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
  struct entry *loaded[BUCKETS], *unloaded[BUCKETS], *unused;
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

/* Block k begins with entry (64 << k) - 64: the highest bit of 64 + i is that of i's block. */
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

/* The entry behind the last one, not counted yet; NULL if there is no memory. */
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

/* Room for a name; NULL if there is no memory.  A fork of another thread's may find the two words
 * one store apart: in its child there is less room left than there was, never more. */
static char *name_room(size_t bytes) {
  if (bytes > table.names_left) {
    size_t room = round_up(bytes > NAMES_BYTES ? bytes : NAMES_BYTES, PAGE_BYTES);
    char *fresh = table_map(room);
    if (fresh == NULL)
      return NULL;
    table.names_left = 0;
    atomic_signal_fence(memory_order_seq_cst);
    table.names = fresh;
    atomic_signal_fence(memory_order_seq_cst);
    table.names_left = room;
  }
  char *at = table.names;
  table.names_left -= bytes;
  atomic_signal_fence(memory_order_seq_cst);
  table.names = at + bytes;
  return at;
}

/* Gives an entry its path.  A thread that reads the path meanwhile always finds its end: the last
 * byte of the room stays 0.  False: there is no memory. */
static bool path_put(struct entry *e, const char *path) {
  size_t bytes = strlen(path) + 1;
  if (bytes <= e->room) {
    memcpy((char *)e->module.path, path, bytes);
    return true;
  }
  char *at = name_room(bytes);
  if (at == NULL)
    return false;
  e->module.path = memcpy(at, path, bytes);
  e->room = bytes;
  return true;
}

/* ---- buckets ---- */

static struct entry **loaded_bucket(uintptr_t start) {
  return &table.loaded[(start / PAGE_BYTES ^ start / PAGE_BYTES / BUCKETS) % BUCKETS];
}
static struct entry **unloaded_bucket(uint64_t identity) {
  return &table.unloaded[identity % BUCKETS];
}

static void push(struct entry **bucket, struct entry *e) {
  e->next = *bucket;
  atomic_signal_fence(memory_order_seq_cst); /* a fork may come here: the list stays whole */
  *bucket = e;
}

static struct entry *pop(struct entry **place) {
  struct entry *e = *place;
  if (e != NULL)
    *place = e->next;
  return e;
}

struct entry *table_find_loaded(uintptr_t start, uintptr_t end) {
  struct entry *e = *loaded_bucket(start);
  while (e != NULL && (e->module.start != start || e->module.end != end))
    e = e->next;
  return e;
}

/* An unloaded entry of this identity, taken off its list; NULL: none.  One to which addresses refer
 * that stay as they are (kept.addresses) can't be used for the module at another address. */
static struct entry *take_unloaded(uint64_t identity) {
  struct entry **place = unloaded_bucket(identity);
  while (*place != NULL && ((*place)->identity != identity || (*place)->kept.addresses))
    place = &(*place)->next;
  return pop(place);
}

/* Fills an entry from *m, all but its path. */
static void fill(struct entry *e, const struct module *m) {
  e->module.start = m->start;
  e->module.end = m->end;
  e->module.bias = m->bias;
  e->module.dynamic = m->dynamic;
  memcpy(e->module.build_id, m->build_id, sizeof m->build_id);
  e->module.build_id_bytes = m->build_id_bytes;
  e->module.life++;
}

/* An unused entry, or a new one, with this identity and path; NULL if there is no memory. */
static struct entry *take_unused(uint64_t identity, const char *path) {
  struct entry *unused = pop(&table.unused);
  struct entry *e = unused != NULL ? unused : entry_new();
  if (e == NULL)
    return NULL;
  if (!path_put(e, path)) {
    if (unused != NULL)
      push(&table.unused, unused);
    return NULL;
  }
  e->identity = identity;
  return e;
}

struct entry *table_add(const struct module *m, uint64_t identity, const char *path) {
  struct entry *e = take_unloaded(identity);
  if (e == NULL)
    e = take_unused(identity, path);
  if (e == NULL)
    return NULL;
  fill(e, m);
  e->came = true;
  push(loaded_bucket(m->start), e);
  atomic_store_explicit(&e->module.gone, false, memory_order_release);
  shown_module(&e->shown, &e->module, e->number);
  if (e->number >= table_count())
    atomic_store_explicit(&table.count, e->number + 1, memory_order_release);
  return e;
}

void table_unload_unseen(unsigned pass, void (*unload)(struct entry *e, void *argument),
                         void *argument) {
  for (struct entry **bucket = table.loaded; bucket < table.loaded + BUCKETS; bucket++)
    for (struct entry **place = bucket; *place != NULL;) {
      if ((*place)->seen == pass) {
        place = &(*place)->next;
        continue;
      }
      struct entry *e = *place;
      atomic_store_explicit(&e->module.gone, true, memory_order_release);
      shown_module_gone(&e->shown);
      unload(e, argument); /* a child that has lost this thread meanwhile does it again */
      pop(place);
      bool unused = e->kept.nodes == 0 && !e->kept.addresses;
      push(unused ? &table.unused : unloaded_bucket(e->identity), e);
    }
}

static void come_back(struct entry *e, void *unused) {
  (void)unused;
  if (!e->module.gone)
    return;
  atomic_store_explicit(&e->module.gone, false, memory_order_release);
  shown_module(&e->shown, &e->module, e->number);
}

void table_fork_child(void) { table_each_loaded(come_back, NULL); }

void table_fork_child_shown(void) {
  for (unsigned i = 0; i < table_count(); i++) {
    struct entry *e = entry_at(i);
    shown_module(&e->shown, &e->module, i);
    if (e->module.gone)
      shown_module_gone(&e->shown);
  }
}

void table_each_loaded(void (*visit)(struct entry *e, void *argument), void *argument) {
  for (unsigned i = 0; i < BUCKETS; i++)
    for (struct entry *e = table.loaded[i]; e != NULL; e = e->next)
      visit(e, argument);
}
