/* The texts of labels, in a hash table of lists that only grow; contract in labels.h. */
#include "labels.h"
#include "os.h"

#include <errno.h>
#include <string.h>

enum { WAYS = 256, POOL_BYTES = 64 << 10 };

struct label {
  struct label *next;
  char text[];
};

/* Room for texts, taken by adding to `used`.  A full pool is never looked at again. */
struct pool {
  _Atomic size_t used;
  char room[];
};

static struct {
  _Atomic(struct label *) way[WAYS];
  _Atomic(struct pool *) pool;
  _Atomic unsigned texts;
  _Atomic uint64_t bytes;
} labels;

uint64_t labels_bytes(void) { return count_get(&labels.bytes); }

/* The pool after a full one (NULL: the first).  If another thread has added one, it is that; NULL
 * if there is no memory. */
static struct pool *pool_add(struct pool *full) {
  struct pool *fresh = os_map(POOL_BYTES);
  if (fresh == NULL)
    return NULL;
  if (!atomic_compare_exchange_strong(&labels.pool, &full, fresh)) {
    os_unmap(fresh, POOL_BYTES);
    return full;
  }
  atomic_fetch_add(&labels.bytes, POOL_BYTES);
  return fresh;
}

/* Room for a label of that size; NULL and ENOMEM if there is none. */
static struct label *room_for(size_t bytes) {
  struct pool *p = atomic_load(&labels.pool);
  while (p != NULL || (p = pool_add(NULL)) != NULL) {
    size_t at = atomic_fetch_add(&p->used, bytes);
    if (at + bytes <= POOL_BYTES - sizeof *p)
      return (struct label *)(p->room + at);
    p = pool_add(p);
    if (p == NULL)
      break;
  }
  errno = ENOMEM;
  return NULL;
}

static _Atomic(struct label *) *way_of(const char *text, size_t length) {
  uint32_t h = 2166136261;
  for (size_t i = 0; i < length; i++)
    h = (h ^ (unsigned char)text[i]) * 16777619;
  return &labels.way[(h ^ h >> 16) % WAYS];
}

/* The label of that text in a list from one label to another (not looked at); NULL: it is not
 * there. */
static struct label *find(struct label *from, const struct label *end, const char *text) {
  while (from != end && strcmp(from->text, text) != 0)
    from = from->next;
  return from != end ? from : NULL;
}

/* A label with a copy of the text, in no list yet; NULL and errno as label_text. */
static struct label *make(const char *text, size_t length) {
  if (atomic_fetch_add(&labels.texts, 1) >= LABEL_TEXTS_MAX) {
    atomic_fetch_sub(&labels.texts, 1);
    errno = ENOSPC;
    return NULL;
  }
  struct label *l = room_for(round_up(sizeof *l + length + 1, sizeof *l));
  if (l != NULL)
    memcpy(l->text, text, length + 1);
  return l;
}

const char *label_text(const char *text, size_t length) {
  _Atomic(struct label *) *way = way_of(text, length);
  struct label *first = atomic_load_explicit(way, memory_order_acquire), *seen = first;
  struct label *l = find(first, NULL, text);
  if (l != NULL)
    return l->text;
  if ((l = make(text, length)) == NULL)
    return NULL;
  for (l->next = first; !atomic_compare_exchange_weak(way, &first, l); l->next = first) {
    struct label *theirs = find(first, seen, text); /* then ours stays unused */
    if (theirs != NULL)
      return theirs->text;
    seen = first;
  }
  return l->text;
}
