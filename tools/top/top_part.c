/* Takes call sites out of a dump; contract in top_part.h.  As in every dump, an item follows the
 * last of each table (dump.h). */
#include "top_part.h"
#include "say.h"

#include <stdlib.h>

/* New numbers of the nodes on the paths of the sites; 0: a node is on none, or is the root. */
static uint32_t *nodes_number(const struct dump *d, uint32_t first, uint32_t *count) {
  uint32_t *numbers = must_zalloc((size_t)d->n_nodes + 1, sizeof *numbers);
  for (uint32_t i = first; i < d->n_sites; i++)
    for (uint32_t n = d->sites[i].node; n != 0 && numbers[n] == 0; n = d->nodes[n].parent)
      numbers[n] = 1;
  *count = 1;
  for (uint32_t n = 1; n < d->n_nodes; n++)
    if (numbers[n] != 0)
      numbers[n] = (*count)++;
  return numbers;
}

static void nodes_take(struct dump *part, const struct dump *d, const uint32_t *numbers) {
  part->nodes = must_zalloc((size_t)part->n_nodes + 1, sizeof *part->nodes);
  for (uint32_t n = 1; n < d->n_nodes; n++)
    if (numbers[n] != 0) {
      part->nodes[numbers[n]] = d->nodes[n];
      part->nodes[numbers[n]].parent = numbers[d->nodes[n].parent];
    }
}

static void sites_take(struct dump *part, const struct dump *d, uint32_t first,
                       const uint32_t *numbers) {
  part->n_sites = d->n_sites - first;
  part->sites = must_zalloc((size_t)part->n_sites + 1, sizeof *part->sites);
  for (uint32_t i = 0; i < part->n_sites; i++) {
    part->sites[i] = d->sites[first + i];
    part->sites[i].node = numbers[part->sites[i].node];
  }
  part->sites[part->n_sites].kind = DUMP_SITE_LOST;
}

static void accounts_take(struct dump *part, const struct dump *d, uint32_t first) {
  part->accounts = must_zalloc((size_t)d->n_accounts + 1, sizeof *part->accounts);
  part->n_accounts = 0;
  for (uint32_t i = 0; i < d->n_accounts; i++)
    if (d->accounts[i].site >= first && d->accounts[i].site < d->n_sites) {
      struct dump_account *a = &part->accounts[part->n_accounts++];
      *a = d->accounts[i];
      a->site -= first;
    }
}

struct dump *top_part_new(const struct dump *d, uint32_t first) {
  struct dump *part = must_zalloc(1, sizeof *part);
  *part = *d;
  uint32_t *numbers = nodes_number(d, first, &part->n_nodes);
  part->n_regions = 0;
  nodes_take(part, d, numbers);
  sites_take(part, d, first, numbers);
  accounts_take(part, d, first);
  free(numbers);
  return part;
}

void top_part_free(struct dump *part) {
  free(part->nodes);
  free(part->sites);
  free(part->accounts);
  free(part);
}
