/* Copies for readers outside of the process; contract in shown_paths.h. */
#include "shown_paths.h"
#include "pieces.h"
#include "record_format.h"

#include <string.h>

enum { NODES_A_CHUNK = 1024 };

static_assert((int)RECORD_SITE_KINDS == (int)SITE_KINDS, "format");
static_assert((int)RECORD_ADDRESS_BITS == (int)ADDRESS_BITS, "format");
static_assert((int)RECORD_DEAD_LAST == (int)DEAD_LAST, "format");
static_assert(RECORD_NODE_DEAD == NODE_DEAD, "format");

static _Atomic(struct record_node *) chunks[NODES_MAX / NODES_A_CHUNK];

/* The copy of a node; NULL if there is none, and no memory for one if it is to be made. */
static struct record_node *copy_of(unsigned number, bool make) {
  _Atomic(struct record_node *) *place = &chunks[number / NODES_A_CHUNK];
  struct record_node *chunk = atomic_load_explicit(place, memory_order_acquire);
  if (chunk == NULL && make) {
    struct record_node *fresh = piece_take(PIECE_NODES, NODES_A_CHUNK * sizeof *fresh);
    if (fresh != NULL && atomic_compare_exchange_strong(place, &chunk, fresh))
      chunk = fresh; /* else ours stays unused, and zero */
  }
  return chunk == NULL ? NULL : chunk + number % NODES_A_CHUNK;
}

/* A copy of a text; its address, or 0 without memory. */
static uint64_t text_copy(const char *text) {
  size_t bytes = strlen(text) + 1;
  char *copy = piece_take(PIECE_TEXT, round_up(bytes, sizeof(uint64_t)));
  return copy == NULL ? 0 : (uintptr_t)memcpy(copy, text, bytes);
}

/* What stands for n's address: a label's text, the number of the node that a joint leads to. */
static uint64_t shown_address(const struct node *n, enum record_node_kind kind) {
  if (kind == RECORD_NODE_LABEL)
    return text_copy((const char *)n->address);
  return kind == RECORD_NODE_JOINT ? ((const struct node *)n->address)->number : n->address;
}

void shown_node(const struct node *n, enum record_node_kind kind) {
  struct record_node *to = copy_of(n->number, true);
  if (to == NULL)
    return;
  to->number = n->number;
  to->parent = n->parent->number == NODES_MAX ? 0 : n->parent->number; /* path_outer: a root */
  to->address = shown_address(n, kind);
  __atomic_store_n(&to->kind, kind, __ATOMIC_RELEASE);
}

void shown_node_site(const struct node *n, uint32_t site) {
  struct record_node *to = copy_of(n->number, false);
  if (to != NULL)
    __atomic_store_n(&to->site, site, __ATOMIC_RELAXED);
}

bool shown_has_node(const struct node *n) {
  const struct record_node *to = copy_of(n->number, false);
  return to != NULL && to->kind != RECORD_NODE_NONE;
}

void shown_forget_node(unsigned number) {
  struct record_node *to = copy_of(number, false);
  if (to != NULL && to->kind != RECORD_NODE_NONE)
    *to = (struct record_node){0};
}

void shown_node_address(const struct node *n) {
  struct record_node *to = copy_of(n->number, false);
  if (to != NULL)
    __atomic_store_n(&to->address, n->address, __ATOMIC_RELAXED);
}
