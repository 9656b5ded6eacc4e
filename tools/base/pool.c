/* A hash table with open addressing, at most half full; contract in pool.h. */
#include "pool.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS_FIRST = 256 };

void pool_begin(struct pool *p, size_t item_bytes, size_t key_bytes) {
  *p = (struct pool){.item_bytes = item_bytes, .key_bytes = key_bytes, .mask = SLOTS_FIRST - 1};
  p->slots = must_zalloc(SLOTS_FIRST, sizeof *p->slots);
}

void pool_free(struct pool *p) {
  free(p->items);
  free(p->slots);
}

void *pool_item(const struct pool *p, uint32_t number) {
  return p->items + (size_t)number * p->item_bytes;
}

static uint32_t hash(const struct pool *p, const void *key) {
  uint64_t h = UINT64_C(0xCBF29CE484222325);
  for (size_t i = 0; i < p->key_bytes; i += sizeof(uint32_t)) {
    uint32_t word;
    memcpy(&word, (const unsigned char *)key + i, sizeof word);
    h = (h ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    h ^= h >> 32;
  }
  return (uint32_t)h;
}

static void slot_fill(struct pool *p, uint32_t number) {
  uint32_t slot = hash(p, pool_item(p, number)) & p->mask;
  while (p->slots[slot] != 0)
    slot = (slot + 1) & p->mask;
  p->slots[slot] = number + 1;
}

static void slots_grow(struct pool *p) {
  free(p->slots);
  p->mask = 2 * p->mask + 1;
  p->slots = must_zalloc((size_t)p->mask + 1, sizeof *p->slots);
  for (uint32_t i = 0; i < p->count; i++)
    slot_fill(p, i);
}

static uint32_t item_add(struct pool *p, const void *key) {
  if (p->count == p->room)
    p->items = must_resize(p->items, p->room += p->room / 2 + 64, p->item_bytes);
  memset(pool_item(p, p->count), 0, p->item_bytes);
  memcpy(pool_item(p, p->count), key, p->key_bytes);
  slot_fill(p, p->count);
  return p->count++;
}

uint32_t pool_get(struct pool *p, const void *key) {
  uint32_t slot = hash(p, key) & p->mask;
  for (; p->slots[slot] != 0; slot = (slot + 1) & p->mask)
    if (memcmp(pool_item(p, p->slots[slot] - 1), key, p->key_bytes) == 0)
      return p->slots[slot] - 1;
  if (p->count >= p->mask / 2)
    slots_grow(p);
  return item_add(p, key);
}
