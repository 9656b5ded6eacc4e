/* What the kernel says of a process's memory as a whole; contract in record_parts.h. */
#include "../../shim/mapping_zeros.h"
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

static void subtract_zeros(struct image *image, uint64_t kernels) {
  struct dump_mapping *row = image_item(image, DUMP_MAPPINGS, 0);
  size_t rows = image_items(image, DUMP_MAPPINGS);
  struct mapping_sums sums = mapping_sum(row, rows);
  uint64_t zeros = mapping_zeros(sums.anonymous, kernels);
  mapping_subtract_zeros(row, rows, image_item(image, DUMP_STRINGS, 0),
                         mapping_least(zeros, sums.shared), sums.shared);
}

static struct dump_mapping *add(struct record_work *w, uint32_t kind) {
  struct dump_mapping *to = image_add(w->image, DUMP_MAPPINGS);
  to->kind = kind;
  return to;
}

void record_kernel(struct record_work *w, pid_t pid) {
  struct kernel k = kernel_read(pid);
  subtract_zeros(w->image, k.anonymous);
  add(w, DUMP_MAPPING_PAGE_TABLES)->resident = k.page_tables;
  struct dump_mapping *to = add(w, DUMP_MAPPING_KERNEL);
  to->mapped = k.size;
  to->resident = k.resident;
  to->swapped = k.swapped;
  to->anonymous = k.anonymous;
}
