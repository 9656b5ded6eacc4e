/* What the kernel says of a process's memory as a whole; contract in record_parts.h. */
#include "record_parts.h"

#include <stdio.h>
#include <stdlib.h>

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

static uint64_t distance(uint64_t a, uint64_t b) { return a > b ? a - b : b - a; }

/* Pages that are not the process's alone may be the page of zeros, which the kernel does not count:
 * if its count of anonymous pages says so. */
static void subtract_zeros(struct record_work *w, uint64_t wanted) {
  uint64_t anonymous = 0, shared = 0;
  size_t n = image_items(w->image, DUMP_MAPPINGS);
  for (size_t i = 0; i < n; i++) {
    const struct dump_mapping *m = image_item(w->image, DUMP_MAPPINGS, i);
    anonymous += m->anonymous;
    shared += m->shared;
  }
  if (wanted == 0 || distance(anonymous, wanted) <= distance(anonymous - shared, wanted))
    return;
  for (size_t i = 0; i < n; i++) {
    struct dump_mapping *m = image_item(w->image, DUMP_MAPPINGS, i);
    uint64_t zeros = m->shared < m->resident ? m->shared : m->resident;
    m->resident -= zeros;
    m->anonymous -= zeros < m->anonymous ? zeros : m->anonymous;
    m->shared = 0;
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
