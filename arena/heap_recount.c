/* Accounts from tags.  Contract: heap_recount.h. */
#include "heap_recount.h"
#include "check.h"
#include "heap_thread.h"

static bool is_others(struct heap *h) { return !heap_is_mine(h) && h->books.index != NULL; }

/* Calls visit for each account of sites below `sites`. */
static void each_account(struct books *b, uint32_t sites,
                         void (*visit)(struct books *b, struct account *a, uint32_t site)) {
  for (uint32_t first = 0; first < sites; first += ACCOUNT_CHUNK)
    for (uint32_t i = 0; b->index[first / ACCOUNT_CHUNK] != NULL && i < ACCOUNT_CHUNK; i++)
      visit(b, b->index[first / ACCOUNT_CHUNK] + i, first + i);
}

/* An account that was made after the copy is all zeros. */
static void empty(struct books *b, struct account *a, uint32_t site) {
  bool made = a->site == site && a->arena == b->arena;
  *a = (struct account){.site = site,
                        .arena = b->arena,
                        .smallest = made ? a->smallest : NO_SMALL,
                        .largest = made ? a->largest : NO_SMALL,
                        .large_smallest = a->large_smallest,
                        .large_largest = a->large_largest};
}

static struct account *found(struct books *b, uint32_t site, uint64_t bytes, uint64_t held,
                             uint32_t weight) {
  struct account *a = account_or_full(b, &site);
  a->allocs += weight;
  a->bytes += bytes * weight;
  a->live_bytes += bytes * weight;
  a->live_rounded += held * weight;
  a->peak_bytes = a->live_bytes;
  b->live_bytes += (int64_t)(bytes * weight);
  return a;
}

static void count_slab(struct slab *s) {
  const tag_t *tags = tag_row(s);
  for (uint32_t i = 0; i < s->carved; i++) {
    if (!tag_is_alive(tags[i]))
      continue;
    struct account *a =
        found(&s->owner->books, tag_site(tags[i]), tag_bytes(tags[i]), slab_cell_bytes(s), 1);
    if (!account_knows_size(a, tag_bytes(tags[i])))
      account_widen(a, tag_bytes(tags[i]));
  }
}

void heap_recount_begin(uint32_t sites) {
  for (unsigned i = 0; i < heap_count(); i++)
    if (is_others(heap_at(i))) {
      each_account(&heap_at(i)->books, sites, empty);
      heap_at(i)->books.live_bytes = 0;
    }
  for (size_t i = 0; i < range_span() / SLAB_BYTES; i++) {
    struct slab *s = slab_at(i * SLAB_BYTES);
    if (s->owner != NULL && s->class != 0 && s->tagged && is_others(s->owner))
      count_slab(s);
  }
}

void heap_recount_object(struct heap *h, uint32_t site, size_t bytes, size_t held,
                         uint32_t weight) {
  if (!is_others(h))
    return;
  struct account *a = found(&h->books, site, bytes, held, weight);
  a->large_allocs += weight;
  account_widen_large(a, bytes);
}

/* ---- the process's live bytes ---- */

static int64_t untaken; /* of the own arena's large objects, freed by threads that are gone */

/* What those threads freed and the copy does not have was booked with the mail. */
static void settle(struct books *b, struct account *a, uint32_t site) {
  (void)b, (void)site;
  uint64_t bytes = count_get(&a->remote_large_bytes);
  untaken += (int64_t)bytes;
  a->remote_freed_bytes = a->remote_booked_bytes + bytes;
  a->remote_freed_objects = a->remote_booked_objects + count_get(&a->remote_large_objects);
}

/* By the second equation of account.h; what is untaken was published by those that freed it. */
void heap_recount_end(uint32_t sites) {
  int64_t live = untaken = 0;
  for (unsigned i = 0; i < heap_count(); i++) {
    struct books *b = &heap_at(i)->books;
    if (b->index == NULL)
      continue;
    if (is_others(heap_at(i)))
      b->published = b->live_bytes;
    else
      each_account(b, sites, settle);
    live += b->published;
  }
  atomic_store(&pieces_head.peak.live, live - untaken);
  for (unsigned i = 0; i < heap_count(); i++)
    if (is_others(heap_at(i))) {
      books_publish(&heap_at(i)->books);
      debug(books_is_valid(&heap_at(i)->books));
    }
}
