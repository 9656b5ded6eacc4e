/* States of captures; contract and picture in capture_state.h. */
#include "capture_state.h"
#include "modules.h"
#include "os.h"
#include "thread_record.h"

hidden struct capture_mode capture_mode = {.depth = 1};

static struct {
  _Atomic uint64_t bytes;
  uint64_t early;
} captures;

uint64_t capture_bytes(void) { return count_get(&captures.bytes); }

void *capture_map(size_t bytes) {
  void *p = os_map(bytes);
  if (p != NULL)
    atomic_fetch_add(&captures.bytes, bytes);
  return p;
}

/* The thread that had the arena before had another stack, which may be gone, and tags of its own.
 */
static void take_over(struct capture *c) {
  stack_forget(&c->stack_known);
  c->root = &path_root;
  c->labels = 0;
  c->busy = 0;
  c->walking = false;
  known_path_abandon(&c->known);
}

bool capture_open(struct heap *h) {
  if (record_of(h)->capture != NULL) {
    take_over(capture_of(h));
    return true;
  }
  struct capture *c = capture_map(round_up(sizeof *c, PAGE_BYTES));
  if (c == NULL)
    return false;
  c->root = &path_root;
  record_of(h)->capture = c;
  return true;
}

static void forget_addresses(struct capture *c) {
  known_path_forget(&c->known);
  for (unsigned i = 0; i < ROOT_ENTRIES; i++)
    c->roots[i].ra = 0;
}

void capture_forget_addresses(void) {
  for (unsigned i = 0; i < heap_count(); i++)
    if (capture_of(heap_at(i)) != NULL)
      forget_addresses(capture_of(heap_at(i)));
}

/* Requests so far of an arena that have a path. */
static uint64_t requests_of(const struct books *b) {
  uint64_t sum = 0;
  for (uint32_t site = SITE_KINDS; b->index != NULL && site < path_sites(); site++)
    sum += account_at(b, site) != NULL ? account_at(b, site)->allocs : 0;
  return sum;
}

void capture_count_early(void) {
  captures.early = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    captures.early += requests_of(&heap_at(i)->books);
}

/* Counts are words, one after the other. */
enum { COUNTS = sizeof(struct capture_counts) / sizeof(uint64_t) };
static_assert(sizeof(struct capture_counts) == COUNTS * sizeof(uint64_t), "words only");

void capture_sum(struct capture_counts *sum) {
  *sum = (struct capture_counts){.early = captures.early};
  for (unsigned i = 0; i < heap_count(); i++) {
    const struct capture *c = capture_of(heap_at(i));
    for (unsigned k = 0; c != NULL && k < COUNTS; k++)
      ((uint64_t *)sum)[k] += ((const uint64_t *)&c->counts)[k];
  }
}

/* Is this thread in the middle of a walk, which makes nodes?  A signal handler forked. */
static bool walks_here(void) {
  const struct capture *c = heap_mine() != NULL ? capture_of(heap_mine()) : NULL;
  return c != NULL && (c->walking || c->known.walking);
}

void capture_fork_child(void) {
  for (unsigned i = 0; i < heap_count(); i++) {
    struct capture *c = capture_of(heap_at(i));
    if (c != NULL && !heap_is_mine(heap_at(i))) {
      c->busy = 0;
      c->walking = false;
      known_path_abandon(&c->known);
    }
  }
  if (modules_forget() && !walks_here())
    path_fork_child();
}
