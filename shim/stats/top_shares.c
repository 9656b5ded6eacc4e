/* The walk and the choice; contract in top_shares.h. */
#include "top_shares.h"
#include "heap_thread.h"
#include "path_tree.h"
#include "tag_mode.h"

#include <string.h>

/* Sites without a share that hold most, in no order.  Too large for a thread's stack. */
static struct {
  unsigned count;
  uint64_t least; /* of a full list */
  struct share share[SHARES_MOST];
} others;

/* ---- the others ---- */

static void find_least(void) {
  others.least = UINT64_MAX;
  for (unsigned i = 0; i < others.count; i++)
    if (others.share[i].now < others.least)
      others.least = others.share[i].now;
}

static void offer(uint32_t site, uint64_t bytes) {
  unsigned i = others.count;
  if (i == SHARES_MOST)
    for (i = 0; others.share[i].now != others.least;)
      i++;
  else
    others.count++;
  others.share[i] = (struct share){.site = site, .now = bytes};
  if (others.count == SHARES_MOST)
    find_least();
}

static struct share *largest_other(void) {
  struct share *most = &others.share[0];
  for (unsigned i = 1; i < others.count; i++)
    if (others.share[i].now > most->now)
      most = &others.share[i];
  return most;
}

/* ---- the walk ---- */

/* Adds what an arena's accounts of ACCOUNT_CHUNK sites hold. */
static void add_chunk(const struct account *chunk, int64_t sums[ACCOUNT_CHUNK], uint64_t *allocs) {
  for (unsigned k = 0; k < ACCOUNT_CHUNK; k++)
    if (*(const volatile uint64_t *)&chunk[k].allocs != 0)
      sums[k] += account_now(&chunk[k], allocs);
}

/* `next`: the share that this site has, or the next one above it. */
static void add_site(struct top_shares *t, uint32_t site, uint64_t bytes, uint32_t *next) {
  t->live += bytes;
  if (*next < t->count && t->share[*next].site == site) {
    t->share[(*next)++].now = bytes;
    return;
  }
  t->rest += bytes;
  if (bytes > 0 && (others.count < SHARES_MOST || bytes > others.least))
    offer(site, bytes);
}

static void walk(struct top_shares *t) {
  uint32_t sites = path_sites(), next = 0;
  unsigned heaps = heap_count();
  for (uint32_t first = 0; first < sites; first += ACCOUNT_CHUNK) {
    int64_t sums[ACCOUNT_CHUNK] = {0};
    for (unsigned i = 0; i < heaps; i++) {
      const struct heap *h = heap_at(i);
      const struct account *chunk = tagged_shows(h) ? account_at(&h->books, first) : NULL;
      if (chunk != NULL)
        add_chunk(chunk, sums, &t->allocs);
    }
    for (uint32_t k = first == 0; k < ACCOUNT_CHUNK; k++) /* SITE_NONE has no account */
      add_site(t, first + k, sums[k] > 0 ? (uint64_t)sums[k] : 0, &next);
  }
}

/* ---- the choice ---- */

static uint64_t worth(const struct share *s) { return s->now > s->most ? s->now : s->most; }

static struct share *weakest(struct top_shares *t) {
  struct share *least = &t->share[0];
  for (uint32_t i = 1; i < t->count; i++)
    if (worth(&t->share[i]) < worth(least))
      least = &t->share[i];
  return least;
}

/* A share for a site that holds that much; NULL: all that have one are worth as much. */
static struct share *share_for(struct top_shares *t, uint64_t bytes) {
  if (t->count == SHARES_MOST) {
    struct share *least = weakest(t);
    return bytes > worth(least) ? least : NULL;
  }
  t->share[t->count] = (struct share){0};
  return &t->share[t->count++];
}

static void choose(struct top_shares *t) {
  for (; others.count > 0; others.count--) {
    struct share *best = largest_other(), *to = share_for(t, best->now);
    if (to == NULL)
      return;
    t->rest += to->now;
    t->rest -= best->now;
    *to = *best;
    *best = others.share[others.count - 1];
  }
}

static void sort(struct top_shares *t) {
  for (uint32_t i = 1; i < t->count; i++) {
    struct share s = t->share[i];
    uint32_t at = i;
    for (; at > 0 && t->share[at - 1].site > s.site; at--)
      t->share[at] = t->share[at - 1];
    t->share[at] = s;
  }
}

void top_shares_read(struct top_shares *t) {
  others.count = 0;
  t->live = t->rest = t->allocs = 0;
  walk(t);
  choose(t);
  sort(t);
}

void top_shares_kept(struct top_shares *t, unsigned place) {
  for (uint32_t i = 0; i < t->count; i++) {
    struct share *s = &t->share[i];
    if (s->now >= s->most || s->place == place) {
      s->most = s->now;
      s->place = place;
    }
  }
}
