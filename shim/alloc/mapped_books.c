/* The books' lock, and what is booked under it; contract in mapped_books.h. */
#include "mapped_books.h"
#include "dump_format.h"
#include "mapped_accounts.h"
#include "os.h"

#include <sched.h>

enum {
  NOTES = 64,       /* of handlers, until the thread that they interrupted unlocks */
  SPINS = 100,      /* before a waiting thread sleeps */
  NAP_US = 50,      /* one sleep */
  PATIENCE_MS = 500 /* of a thread that waits for another */
};

/* What a call did: entered at once, or noted by a handler. */
enum change { CHANGE_ADD, CHANGE_REMOVE, CHANGE_REMOVE_SEGMENT };
struct note {
  enum change change;
  uint32_t arena, site;
  uintptr_t start, end;
  struct mapped_what what;
};

static struct {
  _Atomic uintptr_t owner; /* the thread that has the lock; 0: none */
  _Atomic bool stuck;      /* nobody gave the lock back in time: no waiting until somebody does */
  struct mapped_tree tree;
  uint32_t generation; /* grows in each fork's child */
  uintptr_t forking;   /* the thread that keeps the lock while it forks; 0: none */
  _Atomic uint32_t noted;
  struct note notes[NOTES];
} books;

/* ---- the tree, with the lock ---- */

/* There was no memory for a part of a range. */
static void forgotten(struct mapped_account *a, uint64_t bytes) {
  mapped_count_subtract(a, bytes);
  mapped_count_missed();
}

static struct mapped_range *cut(uintptr_t start, uintptr_t end) {
  return mapped_tree_cut(&books.tree, start, end, forgotten);
}

/* The parts of a segment that lie where they were attached: as the kernel's shmdt finds them. */
static struct mapped_range *cut_segment(uintptr_t at) {
  struct mapped_tree found = {0};
  struct mapped_range *r;
  for (uintptr_t from = at; (r = mapped_tree_from(&books.tree, from)) != NULL; from = r->end) {
    if (found.root != NULL && r->start - at >= found.root->what.segment)
      break;
    if (r->start >= at && r->what.segment != 0 && r->start - at == r->what.offset)
      mapped_tree_put_back(&found, cut(r->start, r->end));
  }
  return found.root;
}

static void forget(struct mapped_range *pieces) {
  while (pieces != NULL) {
    struct mapped_range *r = mapped_tree_pop(&pieces);
    mapped_count_subtract(r->what.account, r->end - r->start);
    mapped_tree_free(&books.tree, r);
  }
}

static void put_back(const struct mapped_taking *t) {
  struct mapped_range *pieces = t->pieces;
  while (pieces != NULL)
    mapped_tree_put_back(&books.tree, mapped_tree_pop(&pieces));
  if (t->splits_start)
    mapped_tree_unsplit(&books.tree, t->start);
  if (t->splits_end)
    mapped_tree_unsplit(&books.tree, t->end);
}

static void enter(const struct note *n) {
  struct mapped_what what = n->what;
  if (n->change == CHANGE_REMOVE_SEGMENT) {
    forget(cut_segment(n->start));
    return;
  }
  forget(cut(n->start, n->end));
  if (n->change == CHANGE_REMOVE)
    return;
  what.account = mapped_account_of(n->arena, n->site);
  if (mapped_tree_add(&books.tree, n->start, n->end, &what))
    mapped_count_add(what.account, n->end - n->start);
  else
    mapped_count_missed();
}

/* ---- the lock ---- */

static void enter_notes(void) {
  uint32_t noted = books.noted, next = 0;
  do {
    for (; next < noted && next < NOTES; next++)
      enter(&books.notes[next]);
  } while (!atomic_compare_exchange_strong(&books.noted, &noted, 0));
}

static bool try_lock(void) {
  uintptr_t none = 0;
  return atomic_compare_exchange_strong(&books.owner, &none, cpu_thread());
}

static cold bool lock_in_time(void) {
  uint32_t since = os_now_ms();
  for (unsigned i = 0; !try_lock(); i++) {
    if (i < SPINS) {
      cpu_relax();
      continue;
    }
    if (books.stuck || os_now_ms() - since > PATIENCE_MS) {
      books.stuck = true;
      return false;
    }
    os_sleep_us(NAP_US);
  }
  return true;
}

/* LOCK_MINE: this is a handler that interrupted a change of the books. */
enum lock { LOCK_TAKEN, LOCK_MINE, LOCK_REFUSED };
static enum lock lock(void) {
  if (!try_lock()) {
    if (atomic_load_explicit(&books.owner, memory_order_relaxed) == cpu_thread())
      return LOCK_MINE;
    if (!lock_in_time())
      return LOCK_REFUSED;
  }
  books.stuck = false;
  enter_notes();
  return LOCK_TAKEN;
}

/* A handler's note that comes after enter_notes is entered by the next that locks. */
static void unlock(void) {
  enter_notes();
  atomic_store_explicit(&books.owner, 0, memory_order_release);
}

static void leave_note(const struct note *n) {
  uint32_t i = atomic_fetch_add(&books.noted, 1);
  if (i < NOTES)
    books.notes[i] = *n;
  else
    mapped_count_missed();
}

static void enter_or_note(const struct note *n) {
  enum lock l = lock();
  if (l == LOCK_TAKEN) {
    enter(n);
    unlock();
  } else if (l == LOCK_MINE) {
    leave_note(n);
  } else {
    mapped_count_missed();
  }
}

/* ---- calls ---- */

void mapped_add(uint32_t arena, uint32_t site, uintptr_t start, size_t bytes,
                const struct mapped_what *what) {
  struct note n = {.change = CHANGE_ADD,
                   .arena = arena,
                   .site = site,
                   .start = start,
                   .end = start + bytes,
                   .what = *what};
  enter_or_note(&n);
}

/* A mapped_taking that is to be noted when the system call is done, because a handler cannot take
 * anything out.  Until then the thread that it interrupted has the lock. */
enum { TAKEN, TAKEN_LATER, TAKEN_SEGMENT_LATER, TAKEN_NEVER };

static void take(struct mapped_taking *t, bool segment) {
  enum lock l = lock();
  t->pieces = NULL;
  t->state = l == LOCK_MINE    ? segment ? TAKEN_SEGMENT_LATER : TAKEN_LATER
             : l == LOCK_TAKEN ? TAKEN
                               : TAKEN_NEVER;
  if (l != LOCK_TAKEN)
    return;
  t->generation = books.generation;
  t->splits_start = mapped_tree_splits(&books.tree, t->start);
  t->splits_end = mapped_tree_splits(&books.tree, t->end);
  t->pieces = segment ? cut_segment(t->start) : cut(t->start, t->end);
  mapped_tree_hide(t->pieces);
  unlock();
}

void mapped_take(struct mapped_taking *t, uintptr_t start, uintptr_t end) {
  t->start = start;
  t->end = end;
  take(t, false);
}

void mapped_take_segment(struct mapped_taking *t, uintptr_t start) {
  t->start = start;
  t->end = start;
  take(t, true);
}

/* The child of a fork has counted only what was in the tree. */
static void count_pieces_again(const struct mapped_range *pieces) {
  const struct mapped_tree t = {.root = (struct mapped_range *)pieces};
  for (const struct mapped_range *r = mapped_tree_from(&t, 0); r != NULL;
       r = mapped_tree_from(&t, r->end)) {
    mapped_count_again(r);
  }
}

static void settle(const struct mapped_taking *t, bool done) {
  if (t->pieces == NULL)
    return;
  if (lock() != LOCK_TAKEN) { /* the memory of the pieces is lost, too */
    mapped_count_missed();
    return;
  }
  if (t->generation != books.generation)
    count_pieces_again(t->pieces);
  if (done)
    forget(t->pieces);
  else
    put_back(t);
  unlock();
}

void mapped_taken(struct mapped_taking *t, bool done) {
  struct note n = {.change = CHANGE_REMOVE, .start = t->start, .end = t->end};
  if (t->state == TAKEN) {
    settle(t, done);
  } else if (t->state == TAKEN_NEVER) {
    if (done)
      mapped_count_missed();
  } else if (done) {
    if (t->state == TAKEN_SEGMENT_LATER)
      n.change = CHANGE_REMOVE_SEGMENT;
    leave_note(&n);
  }
}

static bool copy_what(const struct mapped_range *r, uintptr_t address, struct mapped_what *what) {
  if (r == NULL || r->start > address)
    return false;
  *what = r->what;
  what->offset += address - r->start;
  return true;
}

bool mapped_find(uintptr_t address, struct mapped_what *what) {
  if (lock() != LOCK_TAKEN)
    return false;
  bool found = copy_what(mapped_tree_from(&books.tree, address), address, what);
  unlock();
  return found;
}

bool mapped_taken_find(const struct mapped_taking *t, uintptr_t address, struct mapped_what *what) {
  const struct mapped_tree pieces = {.root = t->pieces};
  return copy_what(mapped_tree_from(&pieces, address), address, what);
}

/* ---- for reports ---- */

uint32_t mapped_accounts(void) { return mapped_accounts_count(); }
uint32_t mapped_account_site(uint32_t number) { return mapped_account_at(number)->site; }

/* Without the lock if a handler has interrupted a change, or if it stays locked. */
void mapped_account_read(uint32_t number, struct mapped_account *to) {
  enum lock l = lock();
  mapped_count_read(number, to);
  if (l == LOCK_TAKEN)
    unlock();
}

int mapped_read(uintptr_t from, struct mapped_row *rows, unsigned most) {
  unsigned n = 0;
  const struct mapped_range *r;
  if (lock() != LOCK_TAKEN)
    return -1;
  for (; n < most && (r = mapped_tree_from(&books.tree, from)) != NULL; from = r->end)
    rows[n++] = (struct mapped_row){.start = r->start,
                                    .end = r->end,
                                    .what = r->what,
                                    .arena = r->what.account->arena,
                                    .site = r->what.account->site};
  unlock();
  return (int)n;
}

uint64_t mapped_books_bytes(void) {
  return *(const volatile uint64_t *)&books.tree.bytes + mapped_accounts_bytes();
}

/* ---- forks ---- */

void mapped_fork_prepare(void) {
  if (lock() == LOCK_TAKEN)
    books.forking = cpu_thread();
}

/* Has this thread kept the lock?  Not one that was interrupted in a change by the handler that
 * forks: it goes on with the change, in the child, too. */
static bool ends_fork(void) {
  if (books.forking != cpu_thread())
    return false;
  books.forking = 0;
  return true;
}

void mapped_fork_parent(void) {
  if (ends_fork())
    unlock();
}

/* What another thread had taken out when the fork came is in no range any more: counts follow the
 * ranges.  Other threads are not in the child, so their stacks are libc's again. */
static void restart_counts(uintptr_t own_stack) {
  mapped_counts_clear();
  uintptr_t next;
  for (const struct mapped_range *r = mapped_tree_from(&books.tree, 0); r != NULL;
       r = mapped_tree_from(&books.tree, next)) {
    next = r->end;
    mapped_count_again(r);
    if (r->what.kind == DUMP_MAP_STACK && (own_stack < r->start || own_stack >= r->end))
      forget(cut(r->start, r->end));
  }
  mapped_counts_restart();
}

void mapped_fork_child(uintptr_t own_stack) {
  if (!ends_fork())
    return;
  books.generation++;
  restart_counts(own_stack);
  unlock();
}
