/* A tree of texts; contract in trie.h.  Two hash tables with open addressing, of indices + 1. */
#include "trie.h"
#include "say.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* At most half full, so that a search ends. */
struct hash {
  uint32_t *slots;
  uint32_t mask, used;
};

struct trie_index {
  struct hash nodes, texts;
  uint32_t node_room, text_count, text_room;
};

static uint32_t mixed(uint64_t h) {
  h *= UINT64_C(0x9E3779B97F4A7C15);
  h ^= h >> 29;
  return (uint32_t)((h * UINT64_C(0xBF58476D1CE4E5B9)) >> 32);
}

static uint32_t text_hash(const char *text) {
  uint64_t h = UINT64_C(0xCBF29CE484222325); /* FNV-1a */
  for (; *text != '\0'; text++)
    h = (h ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
  return mixed(h);
}

static uint32_t node_hash(uint32_t parent, uint32_t text) {
  return mixed((uint64_t)parent << 32 | text);
}

static uint32_t hash_of(const struct trie *t, bool texts, uint32_t i) {
  return texts ? text_hash(t->texts[i]) : node_hash(t->nodes[i].parent, t->nodes[i].text);
}

static void slot_fill(struct hash *h, uint32_t hash, uint32_t i) {
  uint32_t slot = hash & h->mask;
  while (h->slots[slot] != 0)
    slot = (slot + 1) & h->mask;
  h->slots[slot] = i + 1;
  h->used++;
}

static void hash_grow(const struct trie *t, struct hash *h) {
  struct hash old = *h;
  uint32_t slots = old.mask == 0 ? 1024 : 2 * (old.mask + 1);
  *h = (struct hash){.slots = must_zalloc(slots, sizeof *old.slots), .mask = slots - 1};
  for (uint32_t i = 0; i <= old.mask && old.slots != NULL; i++)
    if (old.slots[i] != 0)
      slot_fill(h, hash_of(t, h == &t->index->texts, old.slots[i] - 1), old.slots[i] - 1);
  free(old.slots);
}

static void hash_add(const struct trie *t, struct hash *h, uint32_t hash, uint32_t i) {
  if (h->used >= h->mask / 2)
    hash_grow(t, h);
  slot_fill(h, hash, i);
}

/* Room for one item more. */
static void *grown(void *items, uint32_t count, uint32_t *room, size_t bytes) {
  if (count < *room)
    return items;
  *room = *room * 2 + 256;
  return must_resize(items, *room, bytes);
}

static uint32_t node_add(struct trie *t, uint32_t parent, uint32_t text) {
  t->nodes = grown(t->nodes, t->count, &t->index->node_room, sizeof *t->nodes);
  t->nodes[t->count] = (struct trie_node){.parent = parent, .text = text};
  return t->count++;
}

struct trie *trie_new(void) {
  struct trie *t = must_zalloc(1, sizeof *t);
  t->index = must_zalloc(1, sizeof *t->index);
  hash_grow(t, &t->index->nodes);
  hash_grow(t, &t->index->texts);
  node_add(t, TRIE_ROOT, trie_text(t, ""));
  return t;
}

void trie_free(struct trie *t) {
  for (uint32_t i = 0; i < t->index->text_count; i++)
    free(t->texts[i]);
  free(t->texts);
  free(t->nodes);
  free(t->index->nodes.slots);
  free(t->index->texts.slots);
  free(t->index);
  free(t);
}

uint32_t trie_text(struct trie *t, const char *text) {
  struct trie_index *index = t->index;
  uint32_t hash = text_hash(text);
  for (uint32_t slot = hash; index->texts.slots[slot &= index->texts.mask] != 0; slot++)
    if (strcmp(t->texts[index->texts.slots[slot] - 1], text) == 0)
      return index->texts.slots[slot] - 1;
  t->texts = grown(t->texts, index->text_count, &index->text_room, sizeof *t->texts);
  t->texts[index->text_count] = must_copy(text);
  hash_add(t, &index->texts, hash, index->text_count);
  return index->text_count++;
}

uint32_t trie_texts(const struct trie *t) { return t->index->text_count; }

uint32_t trie_child(struct trie *t, uint32_t parent, uint32_t text) {
  struct hash *nodes = &t->index->nodes;
  uint32_t hash = node_hash(parent, text);
  for (uint32_t slot = hash; nodes->slots[slot &= nodes->mask] != 0; slot++) {
    uint32_t i = nodes->slots[slot] - 1;
    if (t->nodes[i].parent == parent && t->nodes[i].text == text)
      return i;
  }
  uint32_t i = node_add(t, parent, text);
  hash_add(t, nodes, hash, i);
  return i;
}
