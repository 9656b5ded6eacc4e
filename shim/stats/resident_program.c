/* What is the program's of its memory; contract in resident_program.h. */
#include "resident_program.h"
#include "arena_name.h"
#include "mapped_books.h"
#include "mapping_kind.h"
#include "site_stats.h"

#include <string.h>

/* ---- files ---- */

/* Of a mapping that cannot be written, the pages that are not the file's were written before. */
static void split_relocated(struct program_pages *p, struct dump_mapping *row,
                            const struct dump_mapping *before, const char *path, uintptr_t start) {
  uint64_t bytes = row->anonymous - before->anonymous, shared = row->shared - before->shared;
  if (bytes == 0)
    return;
  row->anonymous -= bytes;
  row->resident -= bytes;
  row->mapped -= bytes;
  row->shared -= shared;
  struct dump_mapping *to = resident_row(p->source->table, DUMP_MAPPING_RELOCATED, path, start);
  to->mapped += bytes;
  to->resident += bytes;
  to->anonymous += bytes;
  to->shared += shared;
  to->count++;
}

static void add_file(struct program_pages *p, const struct map_line *l, uintptr_t start,
                     uintptr_t end) {
  uint32_t kind = mapping_kind_of_file(l->path, l->writable, l->executable, l->shared);
  struct dump_mapping *row = resident_row(p->source->table, kind, l->path, start);
  struct dump_mapping before = *row;
  resident_add(p->source, row, start, end);
  if (kind == DUMP_MAPPING_READ_ONLY)
    split_relocated(p, row, &before, l->path, start);
  if (kind != DUMP_MAPPING_DATA)
    return;
  strncpy(p->file, l->path, ROWS_NAME_MAX);
  p->file_end = end;
}

/* ---- anonymous mappings ---- */

static bool add_stack(struct program_pages *p, const struct map_line *l, uintptr_t start,
                      uintptr_t end) {
  unsigned threads;
  const struct thread_place *t = thread_place_in(&p->threads, start, end, &threads);
  if (t == NULL || (t->thread == p->main_thread && end - start > MAPPING_TLS_MOST))
    return false;
  if (t->thread == p->main_thread) {
    resident_add_named(p->source, DUMP_MAPPING_TLS, "", start, end);
    return true;
  }
  char name[16];
  arena_name(heap_at(t->arena), p->self_thread, name);
  struct dump_mapping *row = resident_row(p->source->table, DUMP_MAPPING_STACK, name, start);
  resident_add(p->source, row, start, end);
  row->count += threads - 1;
  if (p->guard_end == start && l->start == start) {
    row->guard += p->guard_end - p->guard_start;
    p->guard_end = 0;
  }
  return true;
}

/* The site (DUMP_SITES index + 1) that mapped what lies at `at`; 0: not known.  *until is lowered
 * to where that changes. */
static uint32_t mapped_by(uintptr_t at, uintptr_t *until) {
  struct mapped_row row;
  if (mapped_read(at, &row, 1) != 1)
    return 0;
  uintptr_t change = row.start > at ? row.start : row.end;
  *until = change < *until ? change : *until;
  return row.start <= at && row.site != SITE_NONE && row.site < sites_count() ? row.site + 1 : 0;
}

/* Anonymous memory by the call sites that mapped it. */
static void add_by_caller(struct program_pages *p, uint32_t kind, uintptr_t start, uintptr_t end) {
  while (start < end) {
    uintptr_t until = end;
    uint32_t site = mapped_by(start, &until);
    if (site != 0)
      resident_add(p->source, resident_row_by_site(p->source->table, kind, site, start), start,
                   until);
    else if (kind == DUMP_MAPPING_ANONYMOUS)
      resident_add(p->source, resident_row_anonymous(p->source->table, start), start, until);
    else
      resident_add_named(p->source, kind, "", start, until);
    start = until;
  }
}

static void add_bracketed(struct program_pages *p, const struct map_line *l, uintptr_t start,
                          uintptr_t end) {
  uint32_t kind = mapping_kind_of_bracketed(l->path);
  if (kind == DUMP_MAPPING_NONE)
    return;
  if (kind == DUMP_MAPPING_BREAK)
    add_by_caller(p, kind, start, end);
  else
    resident_add_named(p->source, kind, mapping_kind_has_name(kind) ? l->path : "", start, end);
}

/* ---- a part of a mapping ---- */

void program_pages_add(struct program_pages *p, const struct map_line *l, uintptr_t start,
                       uintptr_t end) {
  if (l->path[0] == '[') {
    add_bracketed(p, l, start, end);
  } else if (l->path[0] != '\0') {
    add_file(p, l, start, end);
  } else if (p->file_end == start && l->writable) {
    resident_add_named(p->source, DUMP_MAPPING_BSS, p->file, start, end);
    p->file_end = end;
  } else if (!add_stack(p, l, start, end)) {
    add_by_caller(p, DUMP_MAPPING_ANONYMOUS, start, end);
  }
}

/* ---- inaccessible mappings ---- */

void program_pages_end(struct program_pages *p) {
  if (p->guard_end != 0) {
    struct dump_mapping *row =
        resident_row(p->source->table, DUMP_MAPPING_RESERVED, "", p->guard_start);
    row->mapped += p->guard_end - p->guard_start;
    row->count++;
  }
  p->guard_end = 0;
}

bool program_pages_hold(struct program_pages *p, const struct map_line *l) {
  bool reserved = mapping_is_reserved(l->path, l->readable, l->writable, l->executable);
  if (reserved || p->guard_end != l->start)
    program_pages_end(p);
  if (reserved) {
    p->guard_start = l->start;
    p->guard_end = l->end;
  }
  return reserved;
}
