/* Adds up mappings; contract in memory_parts.h. */
#include "memory_parts.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static uint64_t bytes_of(const struct dump_mapping *m) { return m->resident + m->swapped; }

static const char *name_of(const struct dump *d, const struct dump_mapping *m) {
  return dump_text(d, m->name);
}

static bool is_of_file(uint32_t kind) {
  return kind >= DUMP_MAPPING_TEXT && kind <= DUMP_MAPPING_BSS;
}

/* A file whose code is mapped is a program or a library.  The rows of one follow one another, but
 * for a few. */
static bool has_text(const struct dump *d, uint32_t i) {
  const char *name = name_of(d, &d->mappings[i]);
  for (uint32_t k = 0; k < d->n_mappings; k++)
    if (d->mappings[k].kind == DUMP_MAPPING_TEXT &&
        (d->mappings[k].name == d->mappings[i].name ||
         strcmp(name_of(d, &d->mappings[k]), name) == 0))
      return true;
  return false;
}

/* The library, and what it alone loads. */
static bool is_profilers(const struct dump *d, const char *path) {
  const char *base = file_base(path);
  return text_starts(base, "libarenashim") ||
         (d->process->tags != DUMP_TAG_OFF && text_starts(base, "libunwind.so"));
}

static enum memory_part part_of_file(const struct dump *d, uint32_t i) {
  const struct dump_mapping *m = &d->mappings[i];
  if (is_profilers(d, name_of(d, m)))
    return MEMORY_PROFILER;
  if (!has_text(d, i))
    return MEMORY_FILES;
  return m->kind == DUMP_MAPPING_TEXT || m->kind == DUMP_MAPPING_READ_ONLY ? MEMORY_CODE
                                                                           : MEMORY_DATA;
}

static enum memory_part part_of(const struct dump *d, uint32_t i) {
  static const enum memory_part parts[] = {
      [DUMP_MAPPING_NONE] = MEMORY_OTHER,        [DUMP_MAPPING_OBJECTS] = MEMORY_OBJECTS,
      [DUMP_MAPPING_ROUNDING] = MEMORY_ROUNDING, [DUMP_MAPPING_PINNED] = MEMORY_FRAGMENTED,
      [DUMP_MAPPING_FREE] = MEMORY_IDLE,         [DUMP_MAPPING_UNCARVED] = MEMORY_IDLE,
      [DUMP_MAPPING_EMPTY] = MEMORY_IDLE,        [DUMP_MAPPING_LARGE] = MEMORY_OBJECTS,
      [DUMP_MAPPING_LARGE_IDLE] = MEMORY_IDLE,   [DUMP_MAPPING_LARGE_TABLES] = MEMORY_TABLES,
      [DUMP_MAPPING_HUGE] = MEMORY_OBJECTS,      [DUMP_MAPPING_HUGE_IDLE] = MEMORY_IDLE,
      [DUMP_MAPPING_ROWS] = MEMORY_TABLES,       [DUMP_MAPPING_TAGS] = MEMORY_PROFILER,
      [DUMP_MAPPING_TABLES] = MEMORY_PROFILER,   [DUMP_MAPPING_STACK] = MEMORY_STACKS,
      [DUMP_MAPPING_MAIN_STACK] = MEMORY_STACKS, [DUMP_MAPPING_TLS] = MEMORY_STACKS,
      [DUMP_MAPPING_SHARED_FILE] = MEMORY_FILES, [DUMP_MAPPING_SHARED_MEMORY] = MEMORY_SHARED,
      [DUMP_MAPPING_BREAK] = MEMORY_MAPPED,      [DUMP_MAPPING_VDSO] = MEMORY_OTHER,
      [DUMP_MAPPING_ANONYMOUS] = MEMORY_MAPPED,  [DUMP_MAPPING_RESERVED] = MEMORY_OTHER,
      [DUMP_MAPPING_PAGE_TABLES] = MEMORY_PARTS, [DUMP_MAPPING_KERNEL] = MEMORY_PARTS,
  };
  uint32_t kind = d->mappings[i].kind;
  if (is_of_file(kind))
    return part_of_file(d, i);
  return kind < sizeof parts / sizeof *parts ? parts[kind] : MEMORY_OTHER;
}

static void add(struct memory_sum *to, const struct dump_mapping *m) {
  to->mapped += m->mapped;
  to->resident += m->resident;
  to->swapped += m->swapped;
  to->trim += m->trim;
  to->count += m->count;
}

static int compare(const void *a, const void *b, void *parts) {
  uint64_t x = memory_part_bytes(parts, *(const enum memory_part *)a);
  uint64_t y = memory_part_bytes(parts, *(const enum memory_part *)b);
  return x != y ? (x < y ? 1 : -1)
                : (int)*(const enum memory_part *)a - (int)*(const enum memory_part *)b;
}

bool memory_parts_new(struct memory_parts *p, const struct dump *d) {
  *p = (struct memory_parts){.dump = d};
  if (d->n_mappings == 0)
    return false;
  p->of = must_zalloc(d->n_mappings, sizeof *p->of);
  for (uint32_t i = 0; i < d->n_mappings; i++) {
    const struct dump_mapping *m = &d->mappings[i];
    p->of[i] = part_of(d, i);
    if (p->of[i] < MEMORY_PARTS) {
      add(&p->part[p->of[i]], m);
      add(&p->sum, m);
    } else if (m->kind == DUMP_MAPPING_KERNEL) {
      add(&p->kernel, m);
    } else {
      p->page_tables += m->resident;
    }
  }
  for (int i = 0; i < MEMORY_PARTS; i++)
    p->order[i] = (enum memory_part)i;
  qsort_r(p->order, MEMORY_PARTS, sizeof *p->order, compare, p);
  return true;
}

void memory_parts_free(struct memory_parts *p) { free(p->of); }

uint64_t memory_part_bytes(const struct memory_parts *p, enum memory_part part) {
  return p->part[part].resident + p->part[part].swapped;
}

uint64_t memory_whole(const struct memory_parts *p) {
  return p->kernel.resident + p->kernel.swapped;
}

int64_t memory_difference(const struct memory_parts *p) {
  return (int64_t)(memory_whole(p) - p->sum.resident - p->sum.swapped);
}

const struct dump_mapping *memory_largest(const struct memory_parts *p, enum memory_part part) {
  const struct dump_mapping *most = NULL;
  for (uint32_t i = 0; i < p->dump->n_mappings; i++)
    if (p->of[i] == part && bytes_of(&p->dump->mappings[i]) > 0 &&
        (most == NULL || bytes_of(&p->dump->mappings[i]) > bytes_of(most)))
      most = &p->dump->mappings[i];
  return most;
}

static int compare_rows(const void *a, const void *b, void *mappings) {
  const struct dump_mapping *all = mappings;
  uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
  uint64_t x = bytes_of(&all[i]), y = bytes_of(&all[k]);
  return x != y ? (x < y ? 1 : -1) : (i > k) - (i < k);
}

uint32_t *memory_rows(const struct memory_parts *p, enum memory_part part, size_t *count) {
  const struct dump *d = p->dump;
  uint32_t *rows = must_alloc(d->n_mappings * sizeof *rows);
  *count = 0;
  for (uint32_t i = 0; i < d->n_mappings; i++)
    if (part == MEMORY_PARTS ? p->of[i] < MEMORY_PARTS : p->of[i] == part)
      rows[(*count)++] = i;
  qsort_r(rows, *count, sizeof *rows, compare_rows, d->mappings);
  return rows;
}
