/* What the kernel says of a process's memory as a whole; contract in record_parts.h. */
#include "record_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kernel {
  uint64_t size, resident, anonymous, swapped, page_tables;
};

static struct kernel kernel_read(pid_t pid) {
  struct kernel k = {0};
  char path[64], *line = NULL;
  size_t room = 0;
  unsigned long long n;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *f = fopen(path, "re");
  while (f != NULL && getline(&line, &room, f) > 0) {
    if (sscanf(line, "VmSize: %llu", &n) == 1)
      k.size = n * 1024;
    else if (sscanf(line, "VmRSS: %llu", &n) == 1)
      k.resident = n * 1024;
    else if (sscanf(line, "RssAnon: %llu", &n) == 1)
      k.anonymous = n * 1024;
    else if (sscanf(line, "VmSwap: %llu", &n) == 1)
      k.swapped = n * 1024;
    else if (sscanf(line, "VmPTE: %llu", &n) == 1)
      k.page_tables = n * 1024;
  }
  free(line);
  if (f != NULL)
    fclose(f);
  return k;
}

static uint64_t least(uint64_t a, uint64_t b) { return a < b ? a : b; }

static void take_zeros(struct dump_mapping *m, uint64_t zeros) {
  m->resident -= zeros;
  m->anonymous -= least(zeros, m->anonymous);
  m->shared -= zeros;
  m->trim = least(m->trim, m->resident);
}

static bool is_own_data(struct record_work *w, const struct dump_mapping *m) {
  const char *name = image_item(w->image, DUMP_STRINGS, m->name);
  return m->kind == DUMP_MAPPING_TABLES || m->kind == DUMP_MAPPING_ROWS ||
         m->kind == DUMP_MAPPING_LARGE_TABLES ||
         (m->kind == DUMP_MAPPING_BSS && strstr(name, "/libarenashim") != NULL);
}

/* Pages that are not the process's alone are those that a fork left to several processes, or the
 * page of zeros, which the kernel does not count.  How many of either there are its count of
 * anonymous pages says: zeros are taken from the library's own data first, which older commands
 * than this read page by page, then from all others in proportion. */
static void subtract_zeros(struct record_work *w, uint64_t wanted) {
  uint64_t anonymous = 0, shared = 0;
  size_t n = image_items(w->image, DUMP_MAPPINGS);
  for (size_t i = 0; i < n; i++) {
    struct dump_mapping *m = image_item(w->image, DUMP_MAPPINGS, i);
    m->shared = least(m->shared, m->resident);
    anonymous += m->anonymous;
    shared += m->shared;
  }
  uint64_t zeros = wanted != 0 && anonymous > wanted ? least(anonymous - wanted, shared) : 0;
  for (size_t i = 0; i < n; i++) {
    struct dump_mapping *m = image_item(w->image, DUMP_MAPPINGS, i);
    uint64_t own = is_own_data(w, m) ? least(zeros, m->shared) : 0;
    take_zeros(m, own);
    zeros -= own;
    shared -= own;
  }
  for (size_t i = 0; i < n && zeros != 0; i++) {
    struct dump_mapping *m = image_item(w->image, DUMP_MAPPINGS, i);
    uint64_t part = (uint64_t)((unsigned __int128)m->shared * zeros / shared);
    shared -= m->shared;
    take_zeros(m, part);
    zeros -= part;
  }
}

static struct dump_mapping *add(struct record_work *w, uint32_t kind) {
  struct dump_mapping *to = image_add(w->image, DUMP_MAPPINGS);
  to->kind = kind;
  return to;
}

void record_kernel(struct record_work *w, pid_t pid) {
  struct kernel k = kernel_read(pid);
  subtract_zeros(w, k.anonymous);
  add(w, DUMP_MAPPING_PAGE_TABLES)->resident = k.page_tables;
  struct dump_mapping *to = add(w, DUMP_MAPPING_KERNEL);
  to->mapped = k.size;
  to->resident = k.resident;
  to->swapped = k.swapped;
  to->anonymous = k.anonymous;
}
