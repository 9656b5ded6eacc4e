/* Tagged objects and the accounts behind them, against books that are too simple to be wrong. */
#include "apart.h"

#include "heap.h"
#include "heap_tag.h"
#include "tag_sums.h"
#include "heap_thread.h"

#include <pthread.h>

enum { SITES = 50, OBJECTS = 20000 };

static bool open_books(struct heap *h) { return books_open(&h->books); }

static void *allocate(size_t n, uint32_t site) {
  if (heap_tagged_self == NULL)
    require(heap_acquire() != NULL);
  struct heap *h = heap_tagged_self;
  void *p = heap_alloc_tagged_quick(h, class_of(n), n, site);
  return p != NULL ? p : heap_alloc_tagged(h, class_of(n), n, site);
}

/* ---- tags ---- */

/* Every offset of a slab, every class: a tag where a cell begins, none elsewhere. */
static void test_tags_lie_where_cells_begin(void **state) {
  (void)state;
  for (unsigned c = 1; c <= CLASSES; c++) {
    size_t n = class_bytes(c) - 1;
    void *p = allocate(n, SITE_KINDS);
    struct slab *s = slab_of(p);
    for (uint32_t at = 0; at < SLAB_BYTES; at++) {
      tag_t *expected = at % class_bytes(c) == 0 ? tag_row(s) + at / class_bytes(c) : NULL;
      require(tag_of(s, slab_memory(s) + at) == expected);
    }
    require(tag_bytes(*tag_of(s, p)) == n && tag_site(*tag_of(s, p)) == SITE_KINDS);
    heap_free(p);
    require(*tag_of(s, p) == 0);
  }
}

/* Rows of all kinds of tags, of every length: sums as from a look at each. */
static void test_sums_of_rows(void **state) {
  (void)state;
  enum { CELLS = TAG_ROW_BYTES / sizeof(tag_t) };
  static const tag_t kinds[] = {0, 1, TAG_MAILED | 1, TAG_TIMED | 1, TAG_UNUSUAL | TAG_MAILED | 1};
  static tag_t before[CELLS];
  struct slab *s = slab_of(allocate(1, SITE_KINDS));
  uint64_t seed = 88172645463325252u;
  memcpy(before, tag_row(s), sizeof before);
  for (unsigned i = 0; i < CELLS; i++) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    tag_t kind = kinds[(seed >> 33) % (i < CELLS / 2 ? 5 : 2)];
    uint32_t bytes = i == CELLS / 4 ? 0 : seed >> 40 & TAG_BYTES_MASK;
    tag_row(s)[i] = kind != 0 ? (kind & ~(tag_t)1) | tag_make(1 + (seed >> 50), bytes) : 0;
  }
  struct tag_sums slow = {0};
  for (uint32_t carved = 0; carved <= CELLS; carved++) {
    struct tag_sums is = tag_sums(s, carved);
    require(is.alive == slow.alive && is.bytes == slow.bytes);
    require(is.mailed == slow.mailed && is.mailed_bytes == slow.mailed_bytes);
    tag_t t = carved < CELLS ? tag_row(s)[carved] : 0;
    slow.alive += tag_is_alive(t);
    slow.bytes += tag_is_alive(t) ? tag_bytes(t) : 0;
    slow.mailed += t != 0 && !tag_is_alive(t);
    slow.mailed_bytes += t != 0 && !tag_is_alive(t) ? tag_bytes(t) : 0;
  }
  memcpy(tag_row(s), before, sizeof before);
}

/* ---- one arena ---- */

struct book {
  uint64_t allocs, frees, bytes, live_bytes, live_rounded, peak_bytes, temporary;
  uint64_t smallest, largest;
};

static struct book books[SITES], books_at_peak[SITES];
static struct {
  void *p;
  size_t n;
  unsigned site;
} objects[OBJECTS];
static uint64_t live, peak_seen;

static void book_alloc(unsigned i, size_t n, unsigned site) {
  struct book *b = &books[site];
  objects[i].p = allocate(n, SITE_KINDS + site);
  objects[i].n = n;
  objects[i].site = site;
  b->smallest = b->allocs == 0 || n < b->smallest ? n : b->smallest;
  b->largest = n > b->largest ? n : b->largest;
  b->allocs++;
  b->bytes += n;
  b->live_bytes += n;
  b->live_rounded += n == 0 ? GRAIN : round_up(n, GRAIN);
  b->peak_bytes = b->live_bytes > b->peak_bytes ? b->live_bytes : b->peak_bytes;
  live += n;
  if (live > peak_seen) {
    peak_seen = live;
    memcpy(books_at_peak, books, sizeof books);
  }
}

static void book_free(unsigned i, bool newest) {
  struct book *b = &books[objects[i].site];
  b->frees++;
  b->live_bytes -= objects[i].n;
  b->live_rounded -= objects[i].n == 0 ? GRAIN : round_up(objects[i].n, GRAIN);
  b->temporary += newest;
  live -= objects[i].n;
  heap_free(objects[i].p);
  objects[i].p = NULL;
}

static void expect_account(unsigned site) {
  const struct book *b = &books[site];
  struct account a;
  account_read(account_at(&heap_tagged_self->books, SITE_KINDS + site), &a);
  require(a.allocs == b->allocs && a.frees == b->frees && a.bytes == b->bytes);
  require(a.live_bytes == b->live_bytes && a.live_rounded == b->live_rounded);
  require(a.peak_bytes == b->peak_bytes && a.temporary == b->temporary);
  require(a.smallest == b->smallest && a.largest == b->largest);
}

static void play(uint64_t random, unsigned steps) {
  unsigned newest = OBJECTS;
  for (unsigned step = 0; step < steps; step++) {
    random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
    unsigned i =
        newest != OBJECTS && random >> 61 == 0 ? newest : (unsigned)(random >> 33) % OBJECTS;
    if (objects[i].p != NULL) {
      book_free(i, i == newest);
      newest = i == newest ? OBJECTS : newest;
    } else {
      book_alloc(i, (random >> 20) % 512, (unsigned)(random >> 40) % SITES);
      newest = i;
    }
  }
}

static void own_books_agree(void) {
  play(1, 1000000);
  uint64_t held = 0, off = 0;
  for (unsigned site = 0; site < SITES; site++) {
    struct account a;
    expect_account(site);
    account_read(account_at(&heap_tagged_self->books, SITE_KINDS + site), &a);
    held += a.at_peak_bytes;
    uint64_t then = books_at_peak[site].live_bytes;
    off += a.at_peak_bytes > then ? a.at_peak_bytes - then : then - a.at_peak_bytes;
  }
  uint64_t most = (uint64_t)atomic_load(&pieces_head.peak.most);
  require(most <= peak_seen && peak_seen - most <= peak_seen / 100);
  require(held == most);          /* what each held then adds up to it */
  require(off <= peak_seen / 50); /* and is what each held at the true one, but for the step */
}
APART(own_books_agree)

/* ---- several threads ---- */

enum { EACH = 30000 };
static void *given[EACH];

static void *free_given(void *unused) {
  (void)unused;
  for (unsigned i = 0; i < EACH && given[i] != NULL; i++)
    heap_free(given[i]);
  heap_thread_ended();
  return NULL;
}

static void run(void *(*body)(void *)) {
  pthread_t thread;
  require(pthread_create(&thread, NULL, body, NULL) == 0);
  require(pthread_join(thread, NULL) == 0);
}

/* Who frees lowers the process's live bytes; the owner's account follows with the mail. */
static void others_frees_are_charged_to_the_owner(void) {
  uint64_t bytes = 0;
  for (unsigned i = 0; i < EACH; i++) {
    given[i] = allocate(i % 512, SITE_KINDS + i % SITES);
    bytes += i % 512;
  }
  struct heap *h = heap_tagged_self;
  books_publish(&h->books);
  require(atomic_load(&pieces_head.peak.live) == (int64_t)bytes);
  run(free_given);
  require(atomic_load(&pieces_head.peak.live) < 8192);
  heap_collect(h);
  books_publish(&h->books);
  require(atomic_load(&pieces_head.peak.live) >= -8192 &&
          atomic_load(&pieces_head.peak.live) < 8192);
  require(h->books.live_bytes == 0);
  for (unsigned site = 0; site < SITES; site++) {
    const struct account *a = account_at(&h->books, SITE_KINDS + site);
    require(a->allocs == EACH / SITES && a->frees == EACH / SITES);
    require(a->live_bytes == 0 && a->live_rounded == 0);
  }
}
APART(others_frees_are_charged_to_the_owner)

/* The process's peak is another arena's, and far away: no rise has to be told. */
static void *high_tide(void *unused) {
  for (unsigned i = 0; i < EACH; i++)
    given[i] = allocate(500, SITE_KINDS);
  free_given(unused);
  memset(given, 0, sizeof given);
  return NULL;
}

/* A new peak is not made of objects that others have freed, mail or no mail: of a site, of the
 * arena, by a first request and by one in a row. */
static void peaks_know_of_others_frees(void) {
  enum { ROUND = 1000, BYTES = 100 };
  allocate(0, SITE_KINDS);
  run(high_tide);
  for (unsigned round = 0; round < 30; round++) {
    uint32_t site = SITE_KINDS + (round % 2 ? 0 : round % SITES);
    for (unsigned i = 0; i < ROUND; i++)
      given[i] = allocate(BYTES, site);
    run(free_given);
  }
  const struct heap *h = heap_tagged_self;
  require(h->books.peak_bytes == ROUND * BYTES);
  require(account_at(&h->books, SITE_KINDS)->peak_bytes == ROUND * BYTES);
}
APART(peaks_know_of_others_frees)

static void *take_away(void *account) {
  for (unsigned i = 0; i < EACH; i++)
    account_note_remote_large(account, 1000, 1024, 1);
  return NULL;
}

static void large_frees_by_others_are_taken_over(void) {
  require(heap_acquire() != NULL);
  struct books *b = &heap_tagged_self->books;
  struct account *a = account_of(b, SITE_KINDS);
  for (unsigned i = 0; i < 2 * EACH; i++)
    account_add_large(b, a, 1000, 1024, 1);
  pthread_t thread[2];
  for (unsigned i = 0; i < 2; i++)
    require(pthread_create(&thread[i], NULL, take_away, a) == 0);
  for (unsigned i = 0; i < EACH; i++) { /* the owner goes on meanwhile */
    account_add_large(b, a, 600, 640, 1);
    account_take_large(b, a, 600, 640, 1);
  }
  for (unsigned i = 0; i < 2; i++)
    pthread_join(thread[i], NULL);
  struct account now;
  account_read(a, &now);
  require(now.allocs == 3 * EACH && now.frees == 3 * EACH);
  require(now.live_bytes == 0 && now.live_rounded == 0);
  require(now.large_smallest == 600 && now.large_largest == 1000);
  account_touch(b, a);
  require(a->frees == 3 * EACH && a->live_bytes == 0 && b->live_bytes == 0);
}
APART(large_frees_by_others_are_taken_over)

/* ---- restart, faults ---- */

static void a_child_counts_what_is_alive(void) {
  play(7, 100000);
  uint64_t alive = 0;
  peak_restart();
  books_restart(&heap_tagged_self->books);
  for (unsigned site = 0; site < SITES; site++) {
    struct account a;
    account_read(account_at(&heap_tagged_self->books, SITE_KINDS + site), &a);
    require(a.allocs == books[site].allocs - books[site].frees && a.frees == 0);
    require(a.bytes == a.live_bytes && a.peak_bytes == a.live_bytes && a.temporary == 0);
    alive += a.live_bytes;
  }
  require(alive == live && heap_tagged_self->books.peak_bytes == (int64_t)live);
}
APART(a_child_counts_what_is_alive)

static void *culprit;
static void free_culprit(void) { heap_free(culprit); }

/* Not at the head of any list, and in the middle of a slab in use. */
static void test_every_double_free_shows(void **state) {
  (void)state;
  char said[512];
  void *objects_there[100];
  for (unsigned i = 0; i < 100; i++)
    objects_there[i] = allocate(100, SITE_KINDS);
  for (unsigned i = 0; i < 50; i++)
    heap_free(objects_there[i]);
  culprit = objects_there[20];
  death_of(free_culprit, said, sizeof said);
  require(strstr(said, "double free") != NULL);
  culprit = (char *)objects_there[70] + 16;
  death_of(free_culprit, said, sizeof said);
  require(strncmp(said, "arenashim: free(", 16) == 0);
  for (unsigned i = 50; i < 100; i++)
    heap_free(objects_there[i]);
}

static void test_resize_in_place_counts_as_both(void **state) {
  (void)state;
  void *p = allocate(100, SITE_KINDS + SITES);
  struct books *b = &heap_tagged_self->books;
  uint64_t resized = b->resized;
  require(heap_resize_tagged(p, 97, SITE_KINDS + SITES + 1));
  const struct account *from = account_at(b, SITE_KINDS + SITES);
  const struct account *to = account_at(b, SITE_KINDS + SITES + 1);
  require(from->allocs == 1 && from->frees == 1 && from->live_bytes == 0 &&
          from->live_rounded == 0);
  require(to->allocs == 1 && to->frees == 0 && to->live_bytes == 97 && to->live_rounded == 112);
  require(b->resized == resized + 1);
  heap_free(p);
  require(to->frees == 1 && to->live_bytes == 0);
}

int main(void) {
  test_thread = os_thread_id();
  heap_opened = open_books;
  require(range_setup(BLOCK_BYTES_DEFAULT, true));
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_own_books_agree),
      cmocka_unit_test(test_others_frees_are_charged_to_the_owner),
      cmocka_unit_test(test_peaks_know_of_others_frees),
      cmocka_unit_test(test_large_frees_by_others_are_taken_over),
      cmocka_unit_test(test_a_child_counts_what_is_alive),
      cmocka_unit_test(test_tags_lie_where_cells_begin),
      cmocka_unit_test(test_sums_of_rows),
      cmocka_unit_test(test_every_double_free_shows),
      cmocka_unit_test(test_resize_in_place_counts_as_both),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
