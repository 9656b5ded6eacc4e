/* Items of one size, each found by its key: the first bytes of the item.
 *
 *   struct { key: site, arena | sums }      pool_get(p, &key) -> the item of that key, new or not
 *
 * Keys are compared byte by byte: they must have no padding.  Items keep their numbers.
 */
#ifndef TOOLS_POOL_H
#define TOOLS_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool {
  unsigned char *items;
  size_t item_bytes, key_bytes; /* a key's bytes are a multiple of 4 */
  uint32_t count, room;
  uint32_t *slots; /* a hash table of numbers + 1 */
  uint32_t mask;
};

/* Makes it empty; frees what it holds, but not `p` itself. */
void pool_begin(struct pool *p, size_t item_bytes, size_t key_bytes);
void pool_free(struct pool *p);

/* The number of the item with that key; what is new has zeros after its key. */
uint32_t pool_get(struct pool *p, const void *key);

/* Valid until the next pool_get. */
void *pool_item(const struct pool *p, uint32_t number);

#endif
