/* Turns paths around; contract in calls.h.
 *
 * A trie merges what is equal.  As a trie's parents stand before their children, one pass from its
 * end adds up all totals; sorted by parent, children stand side by side.
 */
#include "calls.h"
#include "say.h"
#include "stacks.h"

#include <stdlib.h>
#include <string.h>

/* A node of the trie on its way to a call. */
struct node {
  uint64_t total, self;
  uint32_t parent, index; /* in the trie */
  const char *text;
};

struct build {
  struct trie *trie;
  struct stacks *stacks;
  uint64_t *self; /* of each node of the trie */
  uint32_t room;
};

static void row_enter(struct build *b, const struct row *r, enum sort value) {
  uint32_t node = stacks_node(b->stacks, r), room = b->trie->count * 2;
  if (node >= b->room) {
    b->self = must_extend(b->self, b->room, room, sizeof *b->self);
    b->room = room;
  }
  b->self[node] += row_added(r, value);
}

/* By parent; of one, the largest first. */
static int node_compare(const void *a, const void *b) {
  const struct node *x = a, *y = b;
  if (x->parent != y->parent || x->index == 0 || y->index == 0)
    return x->parent != y->parent ? (x->parent < y->parent ? -1 : 1) : x->index < y->index ? -1 : 1;
  if (x->total != y->total)
    return x->total > y->total ? -1 : 1;
  return strcmp(x->text, y->text);
}

static struct node *nodes_new(const struct build *b) {
  const struct trie *t = b->trie;
  struct node *nodes = must_alloc(t->count * sizeof *nodes);
  for (uint32_t i = 0; i < t->count; i++) {
    uint64_t self = i < b->room ? b->self[i] : 0;
    nodes[i] = (struct node){.total = self,
                             .self = self,
                             .parent = t->nodes[i].parent,
                             .index = i,
                             .text = t->texts[t->nodes[i].text]};
  }
  for (uint32_t i = t->count; i-- > 1;)
    nodes[nodes[i].parent].total += nodes[i].total;
  qsort(nodes, t->count, sizeof *nodes, node_compare);
  return nodes;
}

/* `place` says where a node of the trie went. */
static void calls_fill(struct callee *items, const struct node *nodes, uint32_t count) {
  uint32_t *place = must_alloc(count * sizeof *place);
  for (uint32_t i = 0; i < count; i++) {
    place[nodes[i].index] = i;
    items[i] =
        (struct callee){.text = nodes[i].text, .total = nodes[i].total, .self = nodes[i].self};
  }
  for (uint32_t i = 1; i < count; i++) {
    struct callee *parent = &items[place[nodes[i].parent]];
    if (parent->end == 0)
      parent->first = i;
    parent->end = i + 1;
  }
  free(place);
}

struct calls *calls_new(const struct session *s, enum sort value) {
  struct calls *c = must_alloc(sizeof *c);
  struct build b = {.trie = trie_new()};
  b.stacks = stacks_new(s, b.trie, FRAME_CALL);
  for (uint32_t i = 0; i < s->rows->count; i++)
    row_enter(&b, &s->rows->items[i], value);
  struct node *nodes = nodes_new(&b);
  c->texts = b.trie;
  c->items = must_zalloc(b.trie->count, sizeof *c->items);
  calls_fill(c->items, nodes, b.trie->count);
  free(nodes);
  free(b.self);
  stacks_free(b.stacks);
  return c;
}

void calls_free(struct calls *c) {
  trie_free(c->texts);
  free(c->items);
  free(c);
}
