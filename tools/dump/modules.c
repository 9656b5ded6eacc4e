/* Sorts the modules so that the loads of a file stand together; contract in modules.h. */
#include "modules.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static int numbers_compare(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

/* 0: loads of the same file. */
static int file_compare(const struct dump *d, const struct dump_module *a,
                        const struct dump_module *b) {
  int order = strcmp(dump_bytes(d, a->path), dump_bytes(d, b->path));
  if (order == 0)
    order = strcmp(dump_bytes(d, a->build_id), dump_bytes(d, b->build_id));
  if (order == 0)
    order = numbers_compare(a->start - a->bias, b->start - b->bias);
  return order != 0 ? order : numbers_compare(a->end - a->bias, b->end - b->bias);
}

/* Of the same file, the load that nodes move to stands first. */
static int load_compare(const void *a, const void *b, void *dump) {
  const struct dump *d = dump;
  uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
  const struct dump_module *x = &d->modules[i], *y = &d->modules[j];
  int order = file_compare(d, x, y);
  if (order == 0)
    order = numbers_compare(x->flags & DUMP_MODULE_GONE, y->flags & DUMP_MODULE_GONE);
  return order != 0 ? order : numbers_compare(i, j);
}

/* Of each module: the one that its nodes move to.  What has no path is no load of a file. */
static uint32_t *targets_new(struct dump *d) {
  uint32_t *order = must_alloc(d->n_modules * sizeof *order),
           *targets = must_alloc(d->n_modules * sizeof *targets);
  for (uint32_t i = 0; i < d->n_modules; i++)
    order[i] = i;
  qsort_r(order, d->n_modules, sizeof *order, load_compare, d);
  for (uint32_t i = 0, first = 0; i < d->n_modules; i++) {
    const struct dump_module *m = &d->modules[order[i]], *f = &d->modules[order[first]];
    if (*dump_bytes(d, m->path) == '\0' || file_compare(d, m, f) != 0)
      first = i;
    targets[order[i]] = order[first];
  }
  free(order);
  return targets;
}

void modules_merge(struct dump *d) {
  if (d->n_modules < 2)
    return;
  uint32_t *targets = targets_new(d);
  for (uint32_t i = 0; i < d->n_nodes; i++) {
    struct dump_node *n = &d->nodes[i];
    if (n->kind != DUMP_NODE_FRAME || n->module == 0)
      continue;
    uint32_t from = n->module - 1, to = targets[from];
    n->address += d->modules[to].bias - d->modules[from].bias;
    n->module = to + 1;
  }
  free(targets);
}
