/* Finds and makes rows; contract in resident_rows.h. */
#include "resident_rows.h"
#include "mapping_kind.h"

#include <string.h>

static uint32_t hash(uint32_t kind, const char *name) {
  uint32_t h = UINT32_C(2166136261) ^ kind;
  size_t n = strnlen(name, ROWS_NAME_MAX);
  for (size_t i = 0; i < n; i++)
    h = (h ^ (unsigned char)name[i]) * UINT32_C(16777619);
  return h ^ h >> 15;
}

static bool is_name(const struct resident_rows *r, uint32_t text, const char *name) {
  return strncmp(r->text + text, name, ROWS_NAME_MAX) == 0;
}

/* The rows of a library follow one another: its path is put into the text once. */
static uint32_t add_name(struct resident_rows *r, const char *name) {
  size_t n = strnlen(name, ROWS_NAME_MAX);
  if (n == 0 || is_name(r, r->last_name, name))
    return n == 0 ? 0 : r->last_name;
  if (r->text_bytes == 0)
    r->text_bytes = 1;
  r->last_name = (uint32_t)r->text_bytes;
  memcpy(r->text + r->text_bytes, name, n);
  r->text_bytes += n + 1;
  return r->last_name;
}

static struct dump_mapping *add_row(struct resident_rows *r, uint32_t kind, uintptr_t start) {
  struct dump_mapping *row = &r->row[r->rows++];
  row->kind = kind;
  row->start = start;
  return row;
}

/* The last rows are kept for kinds, of which there are fewer. */
static bool is_full(const struct resident_rows *r) {
  return r->rows >= ROWS_MOST - 64 || r->text_bytes + ROWS_NAME_MAX + 2 > ROWS_TEXT_BYTES;
}

struct dump_mapping *resident_row(struct resident_rows *r, uint32_t kind, const char *name,
                                  uintptr_t start) {
  if (is_full(r))
    name = "";
  unsigned i = hash(kind, name) % ROWS_SLOTS;
  for (; r->slot[i] != 0; i = (i + 1) % ROWS_SLOTS) {
    struct dump_mapping *row = &r->row[r->slot[i] - 1];
    if (row->kind == kind && is_name(r, row->name, name))
      return row;
  }
  struct dump_mapping *row = add_row(r, kind, start);
  r->slot[i] = (uint16_t)r->rows;
  row->name = add_name(r, name);
  return row;
}

struct dump_mapping *resident_row_anonymous(struct resident_rows *r, uintptr_t start) {
  if (r->anonymous >= ROWS_ANONYMOUS || is_full(r))
    return resident_row(r, DUMP_MAPPING_ANONYMOUS, "", 0);
  r->anonymous++;
  return add_row(r, DUMP_MAPPING_ANONYMOUS, start);
}

struct dump_mapping *resident_row_by_site(struct resident_rows *r, uint32_t kind, uint32_t site,
                                          uintptr_t start) {
  for (unsigned i = 0; i < r->rows; i++)
    if (r->row[i].site == site && r->row[i].kind == kind)
      return &r->row[i];
  if (is_full(r))
    return resident_row(r, kind, "", 0);
  struct dump_mapping *row = add_row(r, kind, start);
  row->site = site;
  return row;
}

void resident_rows_forget_shared(struct resident_rows *r) {
  for (unsigned i = 0; i < r->rows; i++)
    r->row[i].shared = 0;
}

uintptr_t resident_pages_add(struct page_states *s, struct dump_mapping *to, uintptr_t start,
                             uintptr_t end) {
  struct page_sums sums = {0};
  uintptr_t lowest = 0;
  if (end - start < MAPPING_WALK_MOST)
    page_states_sum(s, start, end, &sums, &lowest);
  to->mapped += end - start;
  to->resident += sums.resident;
  to->swapped += sums.swapped;
  to->anonymous += sums.anonymous;
  to->shared += sums.shared;
  to->count++;
  return lowest;
}

/* All of a mapping of which the kernel has said the sums: the first part gets them. */
static void add_sums(struct map_line *sums, struct dump_mapping *to, uintptr_t start,
                     uintptr_t end) {
  to->mapped += end - start;
  to->resident += sums->resident;
  to->anonymous += sums->anonymous;
  to->swapped += sums->swapped;
  to->count++;
  sums->resident = sums->anonymous = sums->swapped = 0;
}

void resident_add(struct row_source *s, struct dump_mapping *to, uintptr_t start, uintptr_t end) {
  if (s->sums != NULL) {
    add_sums(s->sums, to, start, end);
    return;
  }
  uintptr_t lowest = resident_pages_add(&s->states, to, start, end);
  if (to->kind == DUMP_MAPPING_STACK || to->kind == DUMP_MAPPING_MAIN_STACK)
    to->depth += lowest != 0 ? end - lowest : 0;
}

void resident_add_named(struct row_source *s, uint32_t kind, const char *name, uintptr_t start,
                        uintptr_t end) {
  resident_add(s, resident_row(s->table, kind, name, start), start, end);
}
