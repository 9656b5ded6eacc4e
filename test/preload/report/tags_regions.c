/* Regions of libarena.a under the shim: their rows in the report, and the call sites of the blocks
 * they ask malloc for, equal the program's own books.  Prints a line a name: requests, bytes,
 * blocks, their payload, and bytes in use at the end. */
#include "../check.h"
#include "../../../arena/arena.h"
#include "../../../shim/arenashim.h"

enum { NAMES = 4, ROUNDS = 2000, ALIVE = 2 /* at the end, of the names */ };

static struct book {
  char name[8];
  uint64_t allocs, bytes, blocks, payload, used;
  uint64_t mallocs, frees; /* a block each */
} book[NAMES];
static struct arena *region[NAMES];
static uint64_t rng = 7;

static void create(int i) {
  const struct arena_config config = {.block_size = 256u << i};
  region[i] = arena_create(book[i].name, &config);
  CHECK(region[i], "a region expected, found errno %d", errno);
}

static void request(int i) {
  size_t bytes = rng_below(&rng, 8) == 0 ? rng_below(&rng, 5000) : rng_below(&rng, 100);
  void *p = rng_below(&rng, 2) ? arena_alloc(region[i], bytes) : arena_zalloc(region[i], bytes);
  CHECK(p, "a piece expected, found errno %d", errno);
  book[i].allocs++;
  book[i].bytes += bytes;
}

static struct arena_stats note(int i) {
  struct arena_stats s = arena_stats(region[i]);
  book[i].blocks += s.total_blocks;
  book[i].payload += s.total_block_size;
  book[i].mallocs += s.total_blocks;
  return s;
}

static void end(int i) {
  struct arena_stats s = note(i);
  book[i].frees += s.total_blocks;
  arena_destroy(region[i]);
}

struct sums {
  uint64_t allocs, frees;
};
static void add_site(const struct arenashim_site *s, void *argument) {
  if (s->tag_count == 0)
    return;
  struct sums *found = (struct sums *)argument + (s->tags[0][1] - '0');
  found->allocs += s->allocs;
  found->frees += s->frees;
}

int main(void) {
  watchdog(60);
  for (int i = 0; i < NAMES; i++) {
    snprintf(book[i].name, sizeof book[i].name, "r%d", i);
    CHECK(arenashim_push_tag(book[i].name) == 0, "a tag expected, found errno %d", errno);
    for (int round = 0; round < ROUNDS; round++) {
      create(i);
      for (size_t n = rng_below(&rng, 60); n > 0; n--)
        request(i);
      if (round < ROUNDS - 1 || i >= ALIVE)
        end(i);
      else
        book[i].used = note(i).used;
    }
    arenashim_pop_tag();
  }
  struct sums found[NAMES] = {0};
  arenashim_sites(add_site, found);
  for (int i = 0; i < NAMES; i++) {
    const struct book *b = &book[i];
    CHECK(found[i].allocs == b->mallocs && found[i].frees == b->frees,
          "%s: %ld blocks and %ld frees expected, found %ld and %ld", b->name, (long)b->mallocs,
          (long)b->frees, (long)found[i].allocs, (long)found[i].frees);
    SAY("%s %ld %ld %ld %ld %ld\n", b->name, (long)b->allocs, (long)b->bytes, (long)b->blocks,
        (long)b->payload, (long)b->used);
  }
}
