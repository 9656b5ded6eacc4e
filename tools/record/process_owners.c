/* Collects intervals, and reads jemalloc's page map; contract in process_owners.h. */
#include "process_owners.h"
#include "process_memory.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE = 4096, PLAIN = 1 /* a page of jemalloc's; above it, its objects' class as well */ };

struct interval {
  uint64_t start, end;
  uint32_t kind;
};

struct process_owners {
  const struct memory *m;
  struct process_memory memory;
  struct interval *item;
  size_t count, room;
  uint64_t slot, leaf;       /* of the page map: number + 1 of the last slot, and what it has */
  uint64_t chunk;            /* number + 1 of the last page of a leaf that was read, */
  unsigned char kinds[PAGE]; /* and its bytes */
  const struct memory_piece *slabs;
};

static const struct record_process *head(const struct process_owners *o) {
  return &o->m->head.process;
}

static void add(struct process_owners *o, uint64_t start, uint64_t bytes, uint32_t kind) {
  if (bytes == 0 || start + bytes < start)
    return;
  if (o->count == o->room)
    o->item = must_resize(o->item, o->room = 2 * o->room + 64, sizeof *o->item);
  o->item[o->count++] = (struct interval){start, start + bytes, kind};
}

/* ---- jemalloc's page map ---- */

/* The address of the page map's bytes for those pages; 0: jemalloc has none of them. */
static uint64_t leaf_of(struct process_owners *o, uint64_t slot) {
  if (o->slot == slot + 1)
    return o->leaf;
  o->slot = slot + 1;
  if (head(o)->page_map_at == 0 || slot >= UINT64_C(1) << 17 ||
      !process_memory_read(&o->memory, head(o)->page_map_at + slot * sizeof o->leaf, &o->leaf,
                           sizeof o->leaf))
    o->leaf = 0;
  return o->leaf;
}

/* Read a page at a time: most of it is zeros. */
static unsigned kind_of(struct process_owners *o, uint64_t at) {
  uint64_t page = at / PAGE, chunk = page / PAGE, slot = page / RECORD_LEAF_PAGES;
  if (leaf_of(o, slot) == 0)
    return 0;
  if (o->chunk != chunk + 1) {
    o->chunk = chunk + 1;
    if (!process_memory_read(&o->memory, o->leaf + page % RECORD_LEAF_PAGES / PAGE * PAGE, o->kinds,
                             PAGE))
      memset(o->kinds, 0, PAGE);
  }
  return o->kinds[page % PAGE];
}

static bool is_jemallocs(unsigned kind) { return kind != 0 && kind != RECORD_PAGE_HUGE; }

static bool large_run(struct process_owners *o, uint64_t at, uint64_t *until) {
  bool first = is_jemallocs(kind_of(o, at));
  for (uint64_t p = at, slot; p < *until;) {
    slot = p / PAGE / RECORD_LEAF_PAGES;
    bool none = leaf_of(o, slot) == 0;
    if ((!none && is_jemallocs(kind_of(o, p))) != first) {
      *until = p;
      break;
    }
    p = none ? (slot + 1) * RECORD_LEAF_PAGES * PAGE : p + PAGE;
  }
  return first;
}

/* As jemalloc numbers its size classes from 512 bytes on. */
uint64_t process_owner_object(struct process_owners *o, uint64_t page) {
  unsigned kind = kind_of(o, page);
  if (kind == RECORD_PAGE_TAGGED) /* each smaller than a page */
    return PAGE;
  if (kind > RECORD_PAGE_IDLE && kind != RECORD_PAGE_HUGE)
    kind -= RECORD_PAGE_IDLE;
  unsigned k = kind - (PLAIN + 1);
  return kind > PLAIN && kind < RECORD_PAGE_IDLE
             ? (uint64_t)(4 + (k + 3) % 4 + 1) << (6 + (k + 3) / 4)
             : 0;
}

/* ---- intervals ---- */

static void add_range(struct process_owners *o) {
  const struct record_process *p = head(o);
  add(o, p->data_at, p->span_bytes, DUMP_MAPPING_OBJECTS);
  if (p->rows_at != 0 && p->rows_at < p->data_at && p->tags_at <= p->rows_at) {
    add(o, p->rows_at, p->data_at - p->rows_at, DUMP_MAPPING_ROWS);
    add(o, p->tags_at, p->rows_at - p->tags_at, DUMP_MAPPING_TAGS);
  }
}

/* Counts of arenas lie between the rows. */
static void add_pieces(struct process_owners *o) {
  const struct record_head *h = &o->m->head;
  for (unsigned i = 0; i < h->pieces && i < RECORD_PIECES_MAX; i++)
    if (h->piece[i].kind != RECORD_COUNTS)
      add(o, h->piece[i].address, h->piece[i].bytes, DUMP_MAPPING_TABLES);
}

static bool is_idle(const struct record_idle *idle, uint32_t count, uint64_t at) {
  for (uint32_t i = 0; i < count; i++)
    if (at - idle[i].start < idle[i].bytes)
      return true;
  return false;
}

/* A mapping of huge objects, cut where idle pages begin and end. */
static void add_huge(struct process_owners *o, uint64_t start, uint64_t end,
                     const struct record_idle *idle, uint32_t count) {
  while (start < end) {
    uint64_t until = end;
    bool waits = is_idle(idle, count, start);
    for (uint32_t i = 0; i < count; i++) {
      uint64_t change = idle[i].start > start ? idle[i].start : idle[i].start + idle[i].bytes;
      if (change > start && change < until)
        until = change;
    }
    add(o, start, until - start, waits ? DUMP_MAPPING_HUGE_IDLE : DUMP_MAPPING_HUGE);
    start = until;
  }
}

static uint32_t idle_read(struct process_owners *o, struct record_idle idle[RECORD_IDLE]) {
  uint32_t count = 0;
  if (!process_memory_read(&o->memory, head(o)->idle_count_at, &count, sizeof count) ||
      count > RECORD_IDLE ||
      !process_memory_read(&o->memory, head(o)->idle_at, idle, count * sizeof *idle))
    return 0;
  return count;
}

static void add_mapped(struct process_owners *o, const struct record_owned *m,
                       const struct record_idle *idle, uint32_t count) {
  if (kind_of(o, m->start) == RECORD_PAGE_HUGE || is_idle(idle, count, m->start))
    add_huge(o, m->start, m->start + m->bytes, idle, count);
  else
    add(o, m->start, m->bytes, DUMP_MAPPING_TABLES);
}

static void add_owned(struct process_owners *o) {
  struct record_idle idle[RECORD_IDLE];
  uint32_t count = idle_read(o, idle);
  struct record_owned owned[PAGE / sizeof(struct record_owned)];
  bool more = true; /* used slots are among the first */
  for (unsigned page = 0; more && page < RECORD_OWNED * sizeof *owned / PAGE; page++) {
    more = false;
    if (!process_memory_read(&o->memory, head(o)->owned_at + (uint64_t)page * PAGE, owned,
                             sizeof owned))
      return;
    for (size_t i = 0; i < sizeof owned / sizeof *owned; i++) {
      more = more || owned[i].start != 0;
      if (owned[i].start > 1)
        add_mapped(o, &owned[i], idle, count);
    }
  }
}

static int compare(const void *a, const void *b) {
  const struct interval *x = a, *y = b;
  return (x->start > y->start) - (x->start < y->start);
}

struct process_owners *process_owners_new(const struct memory *m, pid_t pid) {
  struct process_owners *o = must_zalloc(1, sizeof *o);
  o->m = m;
  process_memory_open(&o->memory, pid);
  add_range(o);
  add_pieces(o);
  if (head(o)->owned_at != 0)
    add_owned(o);
  if (o->count > 0)
    qsort(o->item, o->count, sizeof *o->item, compare);
  for (unsigned i = 0; i < m->pieces; i++)
    if (m->piece[i].kind == RECORD_SLABS)
      o->slabs = &m->piece[i];
  return o;
}

void process_owners_free(struct process_owners *o) {
  process_memory_close(&o->memory);
  free(o->item);
  free(o);
}

/* ---- questions ---- */

/* The first interval that ends behind an address; the items do not overlap. */
static const struct interval *find(const struct process_owners *o, uint64_t at) {
  size_t low = 0, high = o->count;
  while (low < high) {
    size_t middle = (low + high) / 2;
    if (o->item[middle].end <= at)
      low = middle + 1;
    else
      high = middle;
  }
  return low < o->count ? &o->item[low] : NULL;
}

uint32_t process_owner_at(struct process_owners *o, uint64_t at, bool anonymous, uint64_t *until) {
  const struct interval *i = find(o, at);
  if (i != NULL) {
    uint64_t change = i->start > at ? i->start : i->end;
    *until = change < *until ? change : *until;
    if (i->start <= at)
      return i->kind;
  }
  return anonymous && large_run(o, at, until) ? DUMP_MAPPING_LARGE : DUMP_MAPPING_NONE;
}

const struct record_slab *process_owner_slab(const struct process_owners *o, uint64_t index) {
  return o->slabs != NULL && index < o->slabs->bytes / sizeof(struct record_slab)
             ? (const struct record_slab *)(const void *)o->slabs->at + index
             : NULL;
}
