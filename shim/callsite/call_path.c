/* Call paths and the path tree; contract and picture in call_path.h. */
#include "call_path.h"

struct node *call_path_add_outer(struct node *n, const uintptr_t *frame, unsigned from,
                                 unsigned length) {
  while (n != NULL && length-- > from)
    n = path_step_kind(n, frame[length], NODE_OUTER);
  return n;
}

struct node *call_path_join(struct node *first, const uintptr_t *frame, unsigned length,
                            struct node *outer) {
  struct node *n = first;
  for (unsigned i = 1; n != NULL && i < length && i < INNER_FRAMES; i++)
    if ((n = path_step(n, frame[i])) != NULL && node_rule(n).kind == RULE_UNKNOWN)
      path_copy_rule(n);
  if (n == NULL || outer == NULL || outer == &path_outer)
    return outer == NULL ? NULL : n;
  return path_step_kind(n, (uintptr_t)outer, NODE_JOINT);
}

struct node *call_path_end(struct node *first, const struct call_path *p) {
  struct node *outer = &path_outer, *n;
  if (p->length > INNER_FRAMES && p->lost)
    outer = path_step_kind(outer, (uintptr_t)path_no_unwind, NODE_LABEL);
  if (outer != NULL)
    outer = call_path_add_outer(outer, p->frame, INNER_FRAMES, p->length);
  n = call_path_join(first, p->frame, p->length, outer);
  if (n != NULL && p->length <= INNER_FRAMES && p->lost)
    n = path_step_kind(n, (uintptr_t)path_no_unwind, NODE_LABEL);
  return n;
}

static unsigned inner_length(const struct node *n) {
  unsigned length = 0;
  for (; n->kind != NODE_ROOT; n = n->parent)
    length++;
  return length;
}

unsigned call_path_nodes(const struct node *end, const struct node **out, unsigned n) {
  bool joined = end->kind == NODE_JOINT;
  const struct node *inner = joined ? end->parent : end;
  const struct node *outer = joined ? (const struct node *)end->address : &path_outer;
  unsigned length = inner_length(inner), all = length;
  for (; inner->kind != NODE_ROOT; inner = inner->parent)
    if (--length < n)
      out[length] = inner;
  for (; outer->kind != NODE_ROOT; outer = outer->parent, all++)
    if (all < n)
      out[all] = outer;
  return all;
}
