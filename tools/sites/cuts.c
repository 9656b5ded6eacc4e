/* Counts paths that were cut; contract in cuts.h.  A node's parent stands before it, further in. */
#include "cuts.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MOST = 64 }; /* the shim's */

static bool is_frame(const struct dump *d, uint32_t node) {
  return d->nodes[node].kind == DUMP_NODE_FRAME || d->nodes[node].kind == DUMP_NODE_FUNCTION;
}

/* The frames of each node's path, without labels; to be freed. */
static uint32_t *depths_new(const struct dump *d) {
  uint32_t *depths = must_zalloc((size_t)d->n_nodes + 1, sizeof *depths);
  for (uint32_t i = 1; i < d->n_nodes; i++)
    depths[i] = depths[d->nodes[i].parent] + is_frame(d, i);
  return depths;
}

/* The node itself, or the first below it that is no label. */
static uint32_t frame_of(const struct dump *d, uint32_t node) {
  while (node != 0 && !is_frame(d, node))
    node = d->nodes[node].parent;
  return node;
}

/* The function that a frame's code is part of, whatever was inlined there; "" if not known. */
static const char *function_of(const struct names *names, uint32_t node) {
  uint32_t count;
  const struct call *calls = names_calls(names, node, &count);
  const struct function *f = calls[count - 1].function;
  return f != NULL ? f->name : "";
}

/* Whether nothing calls a path's outermost frame. */
static bool is_whole(const struct dump *d, const struct names *names, uint32_t node) {
  uint32_t outer = frame_of(d, node), inner = frame_of(d, d->nodes[outer].parent);
  const char *name = function_of(names, outer);
  return strcmp(name, "_start") == 0 || strcmp(name, "__clone3") == 0 ||
         strcmp(name, "clone3") == 0 || strcmp(name, "clone") == 0 ||
         strcmp(name, "__clone") == 0 ||
         text_starts(inner == 0 ? "" : function_of(names, inner), "__libc_start_main");
}

/* Of the outermost frame of each path that may have been cut; `depths` are of all nodes. */
static void node_mark(const struct dump *d, const struct names *names, const uint32_t *depths,
                      uint32_t node, bool *cut) {
  uint32_t outer = frame_of(d, node);
  if (outer != 0 && depths[outer] >= d->process->depth && !cut[outer])
    cut[outer] = !is_whole(d, names, outer);
}

bool *cuts_new(const struct dump *d, const struct names *names) {
  bool *cut = must_zalloc((size_t)d->n_nodes + 1, sizeof *cut);
  if (d->process->tags < DUMP_TAG_STACK || d->process->depth == 0)
    return cut;
  uint32_t *depths = depths_new(d);
  for (uint32_t i = 0; i < d->n_sites; i++)
    node_mark(d, names, depths, d->sites[i].node, cut);
  for (uint32_t i = 0; i < d->n_regions; i++)
    node_mark(d, names, depths, d->regions[i].node, cut);
  free(depths);
  return cut;
}

bool *cuts_sites(const struct dump *d, const struct names *names) {
  bool *nodes = cuts_new(d, names), *cut = must_zalloc((size_t)d->n_sites + 1, sizeof *cut);
  for (uint32_t i = 0; i < d->n_sites; i++)
    cut[i] = nodes[frame_of(d, d->sites[i].node)];
  free(nodes);
  return cut;
}

uint32_t cuts_count(const struct dump *d, const struct names *names) {
  bool *cut = cuts_sites(d, names);
  uint32_t count = 0;
  for (uint32_t i = 0; i < d->n_sites; i++)
    count += cut[i];
  free(cut);
  return count;
}

unsigned cuts_remedy(const struct dump *d) {
  return d->process->depth < DEPTH_MOST ? DEPTH_MOST : 0;
}
