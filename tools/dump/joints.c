/* Joints are replaced by what they lead to; contract in joints.h. */
#include "joints.h"
#include "say.h"

#include <stdlib.h>

/* The nodes as they will be; `place` says of each old one where it is. */
struct unfolded {
  struct dump_node *nodes;
  size_t count, room, most;
  uint32_t *place;
  uint16_t *depth; /* of each old node: its path's length then */
};

/* Joints of a damaged dump may lead anywhere, each to DUMP_DEPTH_MAX frames.  All together have no
 * more than nodes times frames that were recorded, or a few more where that changed. */
static size_t nodes_most(const struct dump *d) {
  enum { FEW = 64 };
  size_t recorded = d->process->depth < DUMP_DEPTH_MAX ? d->process->depth : DUMP_DEPTH_MAX;
  size_t most = ((size_t)d->n_nodes + 1) * (recorded > FEW ? recorded : FEW);
  return most < UINT32_MAX - 1 ? most : UINT32_MAX - 1;
}

static uint32_t node_add(struct unfolded *u, struct dump_node n, uint32_t parent) {
  if (u->count == u->room)
    u->nodes = must_resize(u->nodes, u->room = u->room * 2 + 1024, sizeof *u->nodes);
  n.parent = parent;
  u->nodes[u->count] = n;
  return (uint32_t)u->count++;
}

/* Adds the frames that a joint leads to, from the inside out. */
static void joint_add(struct unfolded *u, const struct dump *d, uint32_t joint) {
  uint32_t at = u->place[d->nodes[joint].parent], i = (uint32_t)d->nodes[joint].address;
  uint16_t depth = u->depth[d->nodes[joint].parent];
  for (; i != 0 && depth < DUMP_DEPTH_MAX && u->count < u->most; depth++) {
    struct dump_node n = d->nodes[i];
    n.kind = n.kind == DUMP_NODE_OUTER ? DUMP_NODE_FRAME : n.kind;
    at = node_add(u, n, at);
    i = d->nodes[i].parent;
  }
  u->place[joint] = at;
  u->depth[joint] = depth;
}

static void old_node_add(struct unfolded *u, const struct dump *d, uint32_t i) {
  const struct dump_node *n = &d->nodes[i];
  if (n->kind == DUMP_NODE_JOINT) {
    joint_add(u, d, i);
  } else if (n->kind != DUMP_NODE_OUTER) {
    u->depth[i] = (uint16_t)(u->depth[n->parent] + 1);
    u->place[i] = node_add(u, *n, u->place[n->parent]);
  }
}

static bool has_joints(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_nodes; i++)
    if (d->nodes[i].kind == DUMP_NODE_JOINT || d->nodes[i].kind == DUMP_NODE_OUTER)
      return true;
  return false;
}

void joints_unfold(struct dump *d) {
  if (!has_joints(d))
    return;
  struct unfolded u = {.place = must_zalloc((size_t)d->n_nodes + 1, sizeof *u.place),
                       .depth = must_zalloc((size_t)d->n_nodes + 1, sizeof *u.depth),
                       .most = nodes_most(d)};
  node_add(&u, d->nodes[0], 0);
  for (uint32_t i = 1; i < d->n_nodes; i++)
    old_node_add(&u, d, i);
  for (uint32_t i = 0; i < d->n_sites; i++)
    d->sites[i].node = u.place[d->sites[i].node];
  for (uint32_t i = 0; i < d->n_regions; i++)
    d->regions[i].node = u.place[d->regions[i].node];
  uint32_t count = (uint32_t)u.count;
  node_add(&u, (struct dump_node){0}, 0); /* the item after the last */
  free(d->nodes);
  d->nodes = u.nodes;
  d->n_nodes = count;
  free(u.place);
  free(u.depth);
}
