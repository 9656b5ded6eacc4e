/* The table of accounts; contract in mapped_accounts.h. */
#include "mapped_accounts.h"
#include "os.h"
#include "tag.h"

/* Chunk k has FIRST << k accounts. */
enum { FIRST_BITS = 6, CHUNKS = 24, FIRST_SLOTS = 1024 };

static struct {
  struct mapped_account *chunk[CHUNKS];
  _Atomic uint32_t count; /* of those in chunks */
  uint32_t *index;        /* account's number; 0: empty slot */
  size_t slots;           /* a power of two, or 0 */
  _Atomic uint64_t bytes;
  struct mapped_account rest;
} table = {.rest = {.site = SITE_TABLE_FULL}};

uint64_t mapped_accounts_bytes(void) { return count_get(&table.bytes); }

uint32_t mapped_accounts_count(void) {
  return atomic_load_explicit(&table.count, memory_order_acquire) + 1;
}

static unsigned chunk_of(uint32_t i) { return 31 - (unsigned)__builtin_clz((i >> FIRST_BITS) + 1); }
static uint32_t chunk_start(unsigned chunk) { return ((UINT32_C(1) << chunk) - 1) << FIRST_BITS; }
static size_t chunk_bytes(unsigned chunk) {
  return round_up(sizeof(struct mapped_account) << FIRST_BITS << chunk, PAGE_BYTES);
}

struct mapped_account *mapped_account_at(uint32_t number) {
  if (number == 0)
    return &table.rest;
  unsigned chunk = chunk_of(number - 1);
  return &table.chunk[chunk][number - 1 - chunk_start(chunk)];
}

static void *map(size_t bytes) {
  void *p = os_map(bytes);
  if (p != NULL)
    atomic_fetch_add(&table.bytes, bytes);
  return p;
}

static size_t slot_for(uint32_t arena, uint32_t site) {
  uint64_t x = ((uint64_t)arena << 32 | site) * UINT64_C(0x9e3779b97f4a7c15);
  size_t i = (size_t)(x ^ x >> 29) & (table.slots - 1);
  for (;; i = (i + 1) & (table.slots - 1)) {
    const struct mapped_account *a = mapped_account_at(table.index[i]);
    if (table.index[i] == 0 || (a->arena == arena && a->site == site))
      return i;
  }
}

static cold bool grow_index(void) {
  size_t before = table.slots, slots = before == 0 ? FIRST_SLOTS : 2 * before;
  uint32_t *bigger = map(slots * sizeof *bigger), *old = table.index;
  if (bigger == NULL)
    return false;
  table.index = bigger;
  table.slots = slots;
  for (uint32_t i = 1; i <= table.count; i++)
    table.index[slot_for(mapped_account_at(i)->arena, mapped_account_at(i)->site)] = i;
  if (old != NULL) {
    os_unmap(old, before * sizeof *old);
    atomic_fetch_sub(&table.bytes, before * sizeof *old);
  }
  return true;
}

/* Makes sure that one more has room. */
static bool has_room(void) {
  uint32_t i = table.count;
  unsigned chunk = chunk_of(i);
  if (chunk >= CHUNKS || ((i + 1) * 2 > table.slots && !grow_index()))
    return false;
  if (table.chunk[chunk] == NULL)
    table.chunk[chunk] = map(chunk_bytes(chunk));
  return table.chunk[chunk] != NULL;
}

struct mapped_account *mapped_account_of(uint32_t arena, uint32_t site) {
  if (table.slots != 0) {
    uint32_t number = table.index[slot_for(arena, site)];
    if (number != 0)
      return mapped_account_at(number);
  }
  if (!has_room())
    return &table.rest;
  uint32_t number = table.count + 1;
  table.index[slot_for(arena, site)] = number;
  struct mapped_account *a = mapped_account_at(number);
  a->arena = arena;
  a->site = site;
  a->shown = mapped_shown_new();
  atomic_store_explicit(&table.count, number, memory_order_release);
  return a;
}
