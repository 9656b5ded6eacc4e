/* The resident ledger of a running process, read from outside: the same rules as the process's own
 * (shim/stats/resident.h), by its books, but for what these don't have:
 *
 *   tags of cells           objects have their rounding, as without tags
 *   jemalloc's figures      its free pages are not told from its objects, nor some of its objects
 *                           from its tables
 *   lists of free cells     cells that wait in them count as live, as they do in other figures
 *
 * The process goes on meanwhile, so that the sum may differ by what it touches.
 */
#include "../../shim/mapping_kind.h"
#include "process_owners.h"
#include "process_pages.h"
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* Larger mappings are address spaces that somebody reserved. */
#define WALK_MOST (UINT64_C(1) << 38)
enum { SLAB = 64 << 10, SLAB_PAGES = SLAB / PROCESS_PAGE, TLS_MOST = 256 << 10 };

struct thread {
  uint64_t pointer;
  uint32_t id;
};

struct walk {
  struct record_work *w;
  pid_t pid;
  struct process_pages pages;
  struct process_owners *owners;
  struct thread *threads;
  size_t count;
  struct dump_mapping own[DUMP_MAPPING_TABLES + 1]; /* sums of the library's kinds */
  char file[256];                                   /* of the DATA that ends at file_end */
  uint64_t file_end, guard_start, guard_end;        /* 0: none */
};

/* ---- rows ---- */

static uint32_t text_of(struct walk *k, const char *name) {
  return image_text(k->w->image, name, 255);
}

/* The row of that kind and name, which is made if there is none.  Valid until the next. */
static struct dump_mapping *row(struct walk *k, uint32_t kind, const char *name, uint64_t start) {
  size_t n = image_items(k->w->image, DUMP_MAPPINGS);
  for (size_t i = n; i > 0; i--) {
    struct dump_mapping *m = image_item(k->w->image, DUMP_MAPPINGS, i - 1);
    const char *text = image_item(k->w->image, DUMP_STRINGS, m->name);
    if (m->kind == kind && m->site == 0 && kind != DUMP_MAPPING_ANONYMOUS &&
        strcmp(text, name) == 0)
      return m;
  }
  uint32_t text = text_of(k, name);
  struct dump_mapping *m = image_add(k->w->image, DUMP_MAPPINGS);
  *m = (struct dump_mapping){.kind = kind, .name = text, .start = start};
  return m;
}

static void add_entry(struct dump_mapping *to, uint64_t e) {
  bool present = e & PAGE_PRESENT;
  to->resident += present ? PROCESS_PAGE : 0;
  to->swapped += !present && (e & PAGE_SWAPPED) ? PROCESS_PAGE : 0;
  if (present && !(e & PAGE_OF_FILE)) {
    to->anonymous += PROCESS_PAGE;
    to->shared += e & PAGE_ALONE ? 0 : PROCESS_PAGE;
  }
}

/* Adds the pages from start to end; returns the lowest that is used, 0 for none. */
static uint64_t add_pages(struct walk *k, struct dump_mapping *to, uint64_t start, uint64_t end) {
  uint64_t lowest = 0;
  to->mapped += end - start;
  to->count++;
  for (uint64_t at = start; end - start < WALK_MOST && at < end;) {
    size_t n;
    const uint64_t *e = process_pages_at(&k->pages, at, end, &n);
    for (size_t i = 0; i < n; i++)
      if (e[i] & (PAGE_PRESENT | PAGE_SWAPPED)) {
        add_entry(to, e[i]);
        lowest = lowest == 0 ? at + i * PROCESS_PAGE : lowest;
      }
    at += n * PROCESS_PAGE;
  }
  return lowest;
}

static void add_named(struct walk *k, uint32_t kind, const char *name, uint64_t start,
                      uint64_t end) {
  struct dump_mapping sum = {0};
  uint64_t lowest = add_pages(k, &sum, start, end);
  struct dump_mapping *to = row(k, kind, name, start);
  to->mapped += sum.mapped;
  to->resident += sum.resident;
  to->swapped += sum.swapped;
  to->anonymous += sum.anonymous;
  to->shared += sum.shared;
  to->depth += kind == DUMP_MAPPING_MAIN_STACK && lowest != 0 ? end - lowest : 0;
  to->count++;
}

/* ---- what is the program's ---- */

/* Of read-only pages, those that are not the file's were written before they became so. */
static void split_relocated(struct walk *k, const struct process_mapping *m, uint64_t start,
                            uint64_t end) {
  struct dump_mapping sum = {0};
  add_pages(k, &sum, start, end);
  uint64_t bytes = sum.anonymous;
  struct dump_mapping *to = row(k, DUMP_MAPPING_READ_ONLY, m->path, start);
  to->mapped += sum.mapped - bytes;
  to->resident += sum.resident - bytes;
  to->swapped += sum.swapped;
  to->count++;
  if (bytes == 0)
    return;
  to = row(k, DUMP_MAPPING_RELOCATED, m->path, start);
  to->mapped += bytes;
  to->resident += bytes;
  to->anonymous += bytes;
  to->shared += sum.shared;
  to->count++;
}

static void add_file(struct walk *k, const struct process_mapping *m, uint64_t start,
                     uint64_t end) {
  uint32_t kind = mapping_kind_of_file(m->path, m->writable, m->executable, m->shared);
  if (kind == DUMP_MAPPING_READ_ONLY) {
    split_relocated(k, m, start, end);
    return;
  }
  add_named(k, kind, m->path, start, end);
  if (kind != DUMP_MAPPING_DATA)
    return;
  memcpy(k->file, m->path, sizeof k->file);
  k->file_end = end;
}

static struct dump_mapping *row_by_site(struct walk *k, uint32_t kind, uint32_t site,
                                        uint64_t start) {
  for (size_t i = 0; i < image_items(k->w->image, DUMP_MAPPINGS); i++) {
    struct dump_mapping *m = image_item(k->w->image, DUMP_MAPPINGS, i);
    if (m->kind == kind && m->site == site)
      return m;
  }
  struct dump_mapping *m = image_add(k->w->image, DUMP_MAPPINGS);
  *m = (struct dump_mapping){.kind = kind, .site = site, .start = start};
  return m;
}

/* Anonymous memory by the call sites that mapped it. */
static void add_by_caller(struct walk *k, uint32_t kind, const char *name, uint64_t start,
                          uint64_t end) {
  while (start < end) {
    uint64_t until = end;
    uint32_t site = record_mapped_by(k->w, start, &until);
    if (site != 0)
      add_pages(k, row_by_site(k, kind, site, start), start, until);
    else
      add_named(k, kind, name, start, until);
    start = until;
  }
}

static void add_bracketed(struct walk *k, const struct process_mapping *m, uint64_t start,
                          uint64_t end) {
  uint32_t kind = mapping_kind_of_bracketed(m->path);
  const char *name = mapping_kind_has_name(kind) ? m->path : "";
  if (kind == DUMP_MAPPING_BREAK)
    add_by_caller(k, kind, name, start, end);
  else if (kind != DUMP_MAPPING_NONE)
    add_named(k, kind, name, start, end);
}

/* The name of a thread, "" if it is gone. */
static void thread_name(pid_t pid, uint32_t id, char name[32]) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/task/%u/comm", (int)pid, id);
  FILE *f = fopen(path, "re");
  if (f == NULL || fgets(name, 32, f) == NULL)
    name[0] = '\0';
  name[strcspn(name, "\n")] = '\0';
  if (f != NULL)
    fclose(f);
}

static const struct thread *thread_in(const struct walk *k, uint64_t start, uint64_t end) {
  for (size_t i = 0; i < k->count; i++)
    if (k->threads[i].pointer - start < end - start)
      return &k->threads[i];
  return NULL;
}

static bool add_stack(struct walk *k, uint64_t start, uint64_t end) {
  const struct thread *t = thread_in(k, start, end);
  bool main_thread = t != NULL && t->id == (uint32_t)k->pid;
  if (t == NULL || (main_thread && end - start > TLS_MOST))
    return false;
  if (main_thread) {
    add_named(k, DUMP_MAPPING_TLS, "", start, end);
    return true;
  }
  char name[32];
  struct dump_mapping sum = {0};
  thread_name(k->pid, t->id, name);
  add_named(k, DUMP_MAPPING_STACK, name, start, end);
  uint64_t lowest = add_pages(k, &sum, start, end);
  struct dump_mapping *to = row(k, DUMP_MAPPING_STACK, name, start);
  to->depth += lowest != 0 ? end - lowest : 0;
  to->guard += k->guard_end == start ? k->guard_end - k->guard_start : 0;
  k->guard_end = k->guard_end == start ? 0 : k->guard_end;
  return true;
}

static void add_foreign(struct walk *k, const struct process_mapping *m, uint64_t start,
                        uint64_t end) {
  if (m->path[0] == '[') {
    add_bracketed(k, m, start, end);
  } else if (m->path[0] != '\0') {
    add_file(k, m, start, end);
  } else if (k->file_end == start && m->writable) {
    add_named(k, DUMP_MAPPING_BSS, k->file, start, end);
    k->file_end = end;
  } else if (!add_stack(k, start, end)) {
    add_by_caller(k, DUMP_MAPPING_ANONYMOUS, "", start, end);
  }
}

/* ---- slabs ---- */

/* Bytes of a slab's front, of `bytes` bytes, on those pages. */
static uint64_t bytes_on(uint32_t pages, uint64_t bytes) {
  uint64_t sum = 0;
  for (unsigned i = 0; i < SLAB_PAGES && (uint64_t)i * PROCESS_PAGE < bytes; i++)
    if (pages >> i & 1) {
      uint64_t left = bytes - (uint64_t)i * PROCESS_PAGE;
      sum += left < PROCESS_PAGE ? left : PROCESS_PAGE;
    }
  return sum;
}

static void add_kind(struct walk *k, uint32_t kind, uint64_t mapped, uint64_t resident,
                     uint64_t swapped) {
  k->own[kind].mapped += mapped;
  k->own[kind].resident += resident;
  k->own[kind].anonymous += resident;
  k->own[kind].swapped += swapped;
  k->own[kind].count = 1;
}

static uint64_t used_cells(const struct record_slab *s, uint64_t address) {
  bool recycles = s->freed_to != address + offsetof(struct record_slab, free);
  int64_t used = (int64_t)(recycles ? s->start : s->countdown) + s->uncounted;
  return used < 0 ? 0 : (uint64_t)used < s->carved ? (uint64_t)used : s->carved;
}

static void add_slab(struct walk *k, uint64_t index, uint32_t resident, uint32_t swapped) {
  const struct record_process *p = record_process(k->w);
  const struct record_slab *s = process_owner_slab(k->owners, index);
  uint64_t size = s != NULL ? s->size_class * UINT64_C(16) : 0;
  if (s == NULL || s->owner == 0 || size == 0 || s->carved * size > SLAB || s->carved == 0) {
    uint64_t all = bytes_on(resident, SLAB);
    add_kind(k, DUMP_MAPPING_EMPTY, SLAB, all, bytes_on(swapped, SLAB));
    k->own[DUMP_MAPPING_EMPTY].trim += size == 0 ? all : 0;
    return;
  }
  uint64_t used = used_cells(s, p->slabs_at + index * sizeof *s), cells = s->carved * size;
  uint64_t in = bytes_on(resident, cells), out = bytes_on(swapped, cells);
  uint64_t live = in * used / s->carved, live_out = out * used / s->carved;
  add_kind(k, DUMP_MAPPING_OBJECTS, used * size, live, live_out);
  add_kind(k, used != 0 ? DUMP_MAPPING_PINNED : DUMP_MAPPING_FREE, cells - used * size, in - live,
           out - live_out);
  add_kind(k, DUMP_MAPPING_UNCARVED, SLAB - cells, bytes_on(resident, SLAB) - in,
           bytes_on(swapped, SLAB) - out);
}

static void add_slabs(struct walk *k, uint64_t start, uint64_t end) {
  uint64_t data = record_process(k->w)->data_at;
  k->pages.ahead = end;
  for (uint64_t at = start; at < end; at += SLAB) {
    uint32_t resident = 0, swapped = 0;
    for (unsigned i = 0; i < SLAB_PAGES && at + i * PROCESS_PAGE < end;) {
      size_t n;
      const uint64_t *e = process_pages_at(&k->pages, at + (uint64_t)i * PROCESS_PAGE,
                                           at + SLAB < end ? at + SLAB : end, &n);
      for (size_t j = 0; j < n; j++, i++) {
        resident |= (uint32_t)((e[j] & PAGE_PRESENT) != 0) << i;
        swapped |= (uint32_t)((e[j] & (PAGE_PRESENT | PAGE_SWAPPED)) == PAGE_SWAPPED) << i;
      }
    }
    add_slab(k, (at - data) / SLAB, resident, swapped);
  }
  k->pages.ahead = 0;
}

/* ---- the library's own ---- */

/* Pages where no object begins or began, and that none covers, are jemalloc's tables. */
static void add_large(struct walk *k, uint64_t start, uint64_t end) {
  uint64_t covered = start;
  for (uint64_t at = start; at < end;) {
    size_t n;
    const uint64_t *e = process_pages_at(&k->pages, at, end, &n);
    for (size_t i = 0; i < n; i++, at += PROCESS_PAGE) {
      uint64_t object = process_owner_object(k->owners, at);
      if (object != 0)
        covered = at + object + 2 * PROCESS_PAGE - 1;
      struct dump_mapping *to =
          &k->own[at < covered ? DUMP_MAPPING_LARGE : DUMP_MAPPING_LARGE_TABLES];
      to->mapped += PROCESS_PAGE;
      to->count = 1;
      add_entry(to, e[i]);
    }
  }
}

static void add_own(struct walk *k, uint32_t kind, uint64_t start, uint64_t end) {
  if (kind == DUMP_MAPPING_OBJECTS)
    add_slabs(k, start, end);
  else if (kind == DUMP_MAPPING_LARGE)
    add_large(k, start, end);
  else
    add_pages(k, &k->own[kind], start, end);
  if (k->file_end == start)
    k->file_end = end; /* tables in the library's own zero-initialized data */
}

/* ---- a mapping ---- */

static void end_guard(struct walk *k) {
  if (k->guard_end != 0) {
    struct dump_mapping *to = row(k, DUMP_MAPPING_RESERVED, "", k->guard_start);
    to->mapped += k->guard_end - k->guard_start;
    to->count++;
  }
  k->guard_end = 0;
}

static void add_mapping(struct walk *k, const struct process_mapping *m) {
  bool anonymous = m->path[0] == '\0';
  if (mapping_is_reserved(m->path, m->readable, m->writable, m->executable)) {
    end_guard(k);
    k->guard_start = m->start;
    k->guard_end = m->end;
    return;
  }
  if (k->guard_end != m->start)
    end_guard(k);
  for (uint64_t at = m->start; at < m->end;) {
    uint64_t until = m->end;
    uint32_t kind =
        process_owner_at(k->owners, at, anonymous || mapping_begins(m->path, "[heap]"), &until);
    if (kind != DUMP_MAPPING_NONE)
      add_own(k, kind, at, until);
    else
      add_foreign(k, m, at, until);
    at = until;
  }
  end_guard(k);
}

/* ---- the whole ---- */

static void threads_read(struct walk *k) {
  const struct memory *m = k->w->m;
  for (unsigned i = 0; i < m->pieces; i++)
    for (size_t at = 0;
         m->piece[i].kind == RECORD_COUNTS && at + RECORD_COUNTS_BYTES <= m->piece[i].bytes;
         at += RECORD_COUNTS_BYTES) {
      struct record_counts c;
      memcpy(&c, m->piece[i].at + at, sizeof c);
      if (c.thread == 0 || c.pointer == 0)
        continue;
      k->threads = must_resize(k->threads, k->count + 1, sizeof *k->threads);
      k->threads[k->count++] = (struct thread){c.pointer, c.thread};
    }
}

/* The page map does not say where objects of up to 4 KiB with an alignment lie, so that their pages
 * look like tables.  Of these jemalloc has a fiftieth of its pages; what is far above is objects.
 */
static void limit_tables(struct dump_mapping *tables, struct dump_mapping *objects) {
  uint64_t most = (tables->resident + objects->resident) / 24 + (1 << 20);
  if (tables->resident <= most)
    return;
  uint64_t moved = tables->resident - most;
  objects->mapped += tables->mapped - most;
  tables->mapped = most;
  tables->resident -= moved;
  objects->resident += moved;
  moved = moved < tables->anonymous ? moved : tables->anonymous;
  tables->anonymous -= moved;
  objects->anonymous += moved;
}

static void own_put(struct walk *k) {
  limit_tables(&k->own[DUMP_MAPPING_LARGE_TABLES], &k->own[DUMP_MAPPING_LARGE]);
  for (uint32_t kind = 1; kind <= DUMP_MAPPING_TABLES; kind++)
    if (k->own[kind].mapped != 0) {
      struct dump_mapping *to = row(k, kind, "", 0);
      *to = k->own[kind];
      to->kind = kind;
      if (kind == DUMP_MAPPING_HUGE_IDLE)
        to->trim = to->resident;
    }
}

void record_mappings(struct record_work *w, pid_t pid) {
  struct walk *k = must_zalloc(1, sizeof *k);
  struct process_mapping m;
  k->w = w;
  k->pid = pid;
  if (pid != 0 && record_process(w)->data_at != 0 && process_pages_open(&k->pages, pid)) {
    k->owners = process_owners_new(w->m, pid);
    threads_read(k);
    while (process_pages_next(&k->pages, &m))
      if (m.start >> 47 == 0)
        add_mapping(k, &m);
    end_guard(k);
    own_put(k);
    record_kernel(w, pid);
    process_owners_free(k->owners);
    process_pages_close(&k->pages);
  }
  free(k->threads);
  free(k);
}
