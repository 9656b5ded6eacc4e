/* Indices verified; contract in dump_check.h. */
#include "dump_check.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* One pass over a dump: how much of it pointed nowhere. */
struct pass {
  struct dump *d;
  uint64_t bad;
};

/* Something below `limit` stays, anything else becomes `instead`. */
static void index_check(struct pass *p, uint32_t *index, uint64_t limit, uint32_t instead) {
  if (*index < limit)
    return;
  p->bad += *index != instead;
  *index = instead;
}

static void text_check(struct pass *p, uint32_t *offset) {
  index_check(p, offset, (uint64_t)p->d->n_strings + 1, 0);
}

/* The spare byte after the strings ends the last one, whatever the file says. */
static void strings_check(struct pass *p) {
  struct dump *d = p->d;
  if (d->n_strings > 0 && (d->strings[0] != '\0' || d->strings[d->n_strings - 1] != '\0')) {
    d->strings[0] = '\0';
    p->bad++;
  }
}

static void process_check(struct pass *p) {
  struct dump_process *process = p->d->processes;
  text_check(p, &process->program);
  text_check(p, &process->command);
  text_check(p, &process->host);
  text_check(p, &process->version);
  text_check(p, &process->options);
}

static void names_check(struct pass *p) {
  struct dump *d = p->d;
  for (uint32_t i = 0; i < d->n_arenas; i++)
    text_check(p, &d->arenas[i].name);
  for (uint32_t i = 0; i < d->n_ledger; i++)
    text_check(p, &d->ledger[i].name);
  for (uint32_t i = 0; i < d->n_health; i++)
    text_check(p, &d->health[i].name);
  for (uint32_t i = 0; i < d->n_regions; i++)
    text_check(p, &d->regions[i].name);
  for (uint32_t i = 0; i < d->n_modules; i++) {
    text_check(p, &d->modules[i].path);
    text_check(p, &d->modules[i].build_id);
  }
}

/* Can a joint lead there, whose index is i?  0: nowhere. */
static bool is_outer(const struct dump *d, uint64_t index, uint32_t i) {
  return index < i && (index == 0 || d->nodes[index].kind == DUMP_NODE_OUTER ||
                       d->nodes[index].kind == DUMP_NODE_LABEL);
}

/* The spare item after the last node serves as root when there are no nodes. */
static void node_check(struct pass *p, uint32_t i, uint16_t *depth) {
  struct dump *d = p->d;
  struct dump_node *n = &d->nodes[i];
  index_check(p, &n->parent, i, 0);
  if (depth[n->parent] >= DUMP_DEPTH_MAX) {
    p->bad++;
    n->parent = 0;
  }
  depth[i] = (uint16_t)(depth[n->parent] + 1);
  index_check(p, &n->module, (uint64_t)d->n_modules + 1, 0);
  if (n->kind == DUMP_NODE_JOINT && !is_outer(d, n->address, i)) {
    n->address = 0;
    p->bad++;
  }
  if ((n->kind == DUMP_NODE_LABEL || n->kind == DUMP_NODE_FUNCTION) && n->address > d->n_strings) {
    n->address = 0;
    p->bad++;
  }
}

static void nodes_check(struct pass *p) {
  struct dump *d = p->d;
  uint16_t *depth = must_zalloc(d->n_nodes, sizeof *depth);
  memset(&d->nodes[0], 0, sizeof d->nodes[0]);
  for (uint32_t i = 1; i < d->n_nodes; i++)
    node_check(p, i, depth);
  free(depth);
}

static void sites_check(struct pass *p) {
  struct dump *d = p->d;
  uint64_t nodes = d->n_nodes > 0 ? d->n_nodes : 1;
  d->sites[d->n_sites].kind = DUMP_SITE_LOST;
  d->arenas[d->n_arenas].number = UINT32_MAX;
  for (uint32_t i = 0; i < d->n_sites; i++)
    index_check(p, &d->sites[i].node, nodes, 0);
  for (uint32_t i = 0; i < d->n_regions; i++)
    index_check(p, &d->regions[i].node, nodes, 0);
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    index_check(p, &d->accounts[i].site, d->n_sites, d->n_sites);
    index_check(p, &d->accounts[i].arena, d->n_arenas, d->n_arenas);
  }
  for (uint32_t i = 0; i < d->n_blocks; i++)
    index_check(p, &d->blocks[i].arena, (uint64_t)d->n_arenas + 1, 0);
}

static void maps_check(struct pass *p) {
  struct dump *d = p->d;
  for (uint32_t i = 0; i < d->n_map_accounts; i++) {
    index_check(p, &d->map_accounts[i].site, d->n_sites, d->n_sites);
    index_check(p, &d->map_accounts[i].arena, (uint64_t)d->n_arenas + 1, 0);
  }
  for (uint32_t i = 0; i < d->n_maps; i++) {
    index_check(p, &d->maps[i].site, d->n_sites, d->n_sites);
    index_check(p, &d->maps[i].arena, (uint64_t)d->n_arenas + 1, 0);
  }
}

static void moments_check(struct pass *p) {
  struct dump *d = p->d;
  for (uint32_t i = 0; i < d->n_shares; i++) {
    index_check(p, &d->shares[i].moment, d->n_moments, d->n_moments);
    index_check(p, &d->shares[i].site, d->n_sites, d->n_sites);
  }
  for (uint32_t i = 0; i < d->n_events; i++)
    text_check(p, &d->events[i].text);
  for (uint32_t i = 0; i < d->n_mappings; i++) {
    text_check(p, &d->mappings[i].name);
    index_check(p, &d->mappings[i].site, (uint64_t)d->n_sites + 1, 0);
  }
}

/* Of what pointed into a section that is not there, a warning was given. */
static bool is_whole(const struct dump *d) {
  bool whole = d->has_strings;
#define AND(field, type, id, name) whole = whole && d->has_##field;
  DUMP_TABLES(AND)
#undef AND
  return whole;
}

void dump_check(struct dump *d, const char *path) {
  struct pass p = {.d = d};
  strings_check(&p);
  process_check(&p);
  names_check(&p);
  nodes_check(&p);
  sites_check(&p);
  moments_check(&p);
  maps_check(&p);
  if (p.bad > 0 && is_whole(d))
    say_warning("%s: %llu references in it lead nowhere: what they stood for is shown as lost",
                path, (unsigned long long)p.bad);
}
