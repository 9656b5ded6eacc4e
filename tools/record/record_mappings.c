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
#include "mapping_rows.h"
#include "own_pages.h"
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

struct thread {
  uint64_t pointer;
  uint32_t id;
};

struct walk {
  struct record_work *w;
  pid_t pid;
  struct process_pages pages;
  struct own_pages own;
  struct thread *threads;
  size_t count;
  char file[256];                            /* of the DATA that ends at file_end */
  uint64_t file_end, guard_start, guard_end; /* 0: none */
};

/* ---- rows ---- */

static void add_named(struct walk *k, uint32_t kind, const char *name, uint64_t start,
                      uint64_t end) {
  struct dump_mapping sum = {0};
  uint64_t lowest = mapping_add_pages(&k->pages, &sum, start, end);
  struct dump_mapping *to = mapping_row(k->w->image, kind, name, start);
  to->mapped += sum.mapped;
  to->resident += sum.resident;
  to->swapped += sum.swapped;
  to->anonymous += sum.anonymous;
  to->shared += sum.shared;
  if (kind == DUMP_MAPPING_STACK || kind == DUMP_MAPPING_MAIN_STACK)
    to->depth += lowest != 0 ? end - lowest : 0;
  to->count++;
}

/* ---- what is the program's ---- */

/* Of read-only pages, those that are not the file's were written before they became so. */
static void split_relocated(struct walk *k, const struct process_mapping *m, uint64_t start,
                            uint64_t end) {
  struct dump_mapping sum = {0};
  mapping_add_pages(&k->pages, &sum, start, end);
  uint64_t bytes = sum.anonymous;
  struct dump_mapping *to = mapping_row(k->w->image, DUMP_MAPPING_READ_ONLY, m->path, start);
  to->mapped += sum.mapped - bytes;
  to->resident += sum.resident - bytes;
  to->swapped += sum.swapped;
  to->count++;
  if (bytes == 0)
    return;
  to = mapping_row(k->w->image, DUMP_MAPPING_RELOCATED, m->path, start);
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

/* Anonymous memory by the call sites that mapped it. */
static void add_by_caller(struct walk *k, uint32_t kind, const char *name, uint64_t start,
                          uint64_t end) {
  while (start < end) {
    uint64_t until = end;
    uint32_t site = record_mapped_by(k->w, start, &until);
    if (site != 0)
      mapping_add_pages(&k->pages, mapping_row_by_site(k->w->image, kind, site, start), start,
                        until);
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
  if (t == NULL || (main_thread && end - start > MAPPING_TLS_MOST))
    return false;
  if (main_thread) {
    add_named(k, DUMP_MAPPING_TLS, "", start, end);
    return true;
  }
  char name[32];
  thread_name(k->pid, t->id, name);
  add_named(k, DUMP_MAPPING_STACK, name, start, end);
  mapping_row(k->w->image, DUMP_MAPPING_STACK, name, start)->guard +=
      k->guard_end == start ? k->guard_end - k->guard_start : 0;
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

/* ---- a mapping ---- */

static void add_own(struct walk *k, uint32_t kind, uint64_t start, uint64_t end) {
  own_pages_add(&k->own, kind, start, end);
  if (k->file_end == start)
    k->file_end = end; /* tables in the library's own zero-initialized data */
}

static void end_guard(struct walk *k) {
  if (k->guard_end != 0) {
    struct dump_mapping *to = mapping_row(k->w->image, DUMP_MAPPING_RESERVED, "", k->guard_start);
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
        process_owner_at(k->own.owners, at, anonymous || mapping_begins(m->path, "[heap]"), &until);
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

void record_mappings(struct record_work *w, pid_t pid) {
  struct walk *k = must_zalloc(1, sizeof *k);
  struct process_mapping m;
  k->w = w;
  k->pid = pid;
  if (pid != 0 && record_process(w)->data_at != 0 && process_pages_open(&k->pages, pid)) {
    k->own.process = record_process(w);
    k->own.owners = process_owners_new(w->m, pid);
    k->own.pages = &k->pages;
    threads_read(k);
    while (process_pages_next(&k->pages, &m))
      if (m.start >> 47 == 0)
        add_mapping(k, &m);
    end_guard(k);
    own_pages_put(&k->own, w->image);
    record_kernel(w, pid);
    process_owners_free(k->own.owners);
    process_pages_close(&k->pages);
  }
  free(k->threads);
  free(k);
}
