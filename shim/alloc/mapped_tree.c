/* The treap; contract and picture in mapped_tree.h. */
#include "mapped_tree.h"
#include "os.h"

/* Chunks of nodes: the first holds a small program's mappings. */
enum { CHUNK_BYTES = 16 << 10, CHUNK_BYTES_MAX = 1 << 20 };

/* ---- nodes ---- */

static bool map_chunk(struct mapped_tree *t) {
  size_t bytes = t->bytes < CHUNK_BYTES ? CHUNK_BYTES : t->bytes;
  if (bytes > CHUNK_BYTES_MAX)
    bytes = CHUNK_BYTES_MAX;
  char *chunk = os_map(bytes);
  if (chunk == NULL)
    return false;
  t->fresh = (struct mapped_range *)chunk;
  t->fresh_end = t->fresh + bytes / sizeof *t->fresh;
  t->bytes += bytes;
  return true;
}

static struct mapped_range *node_take(struct mapped_tree *t) {
  struct mapped_range *r = t->free;
  if (r != NULL) {
    t->free = r->left;
    return r;
  }
  if (t->fresh == t->fresh_end && !map_chunk(t))
    return NULL;
  return t->fresh++;
}

static struct mapped_range *node_new(struct mapped_tree *t, uintptr_t start, uintptr_t end,
                                     const struct mapped_what *what) {
  struct mapped_range *r = node_take(t);
  if (r == NULL)
    return NULL;
  struct record_mapped *shown = r->shown != NULL ? r->shown : mapped_shown_new();
  *r = (struct mapped_range){.start = start, .end = end, .what = *what, .shown = shown};
  what->account->ranges++;
  return r;
}

void mapped_tree_free(struct mapped_tree *t, struct mapped_range *r) {
  r->what.account->ranges--;
  mapped_shown_clear(r->shown);
  r->left = t->free;
  t->free = r;
}

static void show(const struct mapped_range *r) {
  mapped_shown_set(r->shown, &(struct record_mapped){.what = RECORD_MAPPED_RANGE,
                                                     .arena = r->what.account->arena,
                                                     .site = r->what.account->site,
                                                     .kind = r->what.kind,
                                                     .protection = r->what.protection,
                                                     .range = {.start = r->start,
                                                               .end = r->end,
                                                               .offset = r->what.offset,
                                                               .flags = r->what.flags}});
}

void mapped_tree_hide(const struct mapped_range *pieces) {
  const struct mapped_tree t = {.root = (struct mapped_range *)pieces};
  for (const struct mapped_range *r = mapped_tree_from(&t, 0); r != NULL;
       r = mapped_tree_from(&t, r->end))
    mapped_shown_clear(r->shown);
}

static uint64_t rank(const struct mapped_range *r) {
  uint64_t x = (uintptr_t)r * UINT64_C(0x9e3779b97f4a7c15);
  return (x ^ x >> 32) * UINT64_C(0xbf58476d1ce4e5b9);
}

/* ---- trees ---- */

/* Ranges that start below `at` go to *low, the others to *high. */
static void split(struct mapped_range *r, uintptr_t at, struct mapped_range **low,
                  struct mapped_range **high) {
  while (r != NULL)
    if (r->start < at) {
      *low = r;
      low = &r->right;
      r = r->right;
    } else {
      *high = r;
      high = &r->left;
      r = r->left;
    }
  *low = *high = NULL;
}

/* One tree of two; all of `low` lies below all of `high`. */
static struct mapped_range *join(struct mapped_range *low, struct mapped_range *high) {
  struct mapped_range *root, **to = &root;
  while (low != NULL && high != NULL)
    if (rank(low) > rank(high)) {
      *to = low;
      to = &low->right;
      low = low->right;
    } else {
      *to = high;
      to = &high->left;
      high = high->left;
    }
  *to = low != NULL ? low : high;
  return root;
}

void mapped_tree_put_back(struct mapped_tree *t, struct mapped_range *r) {
  struct mapped_range *low, *high;
  split(t->root, r->start, &low, &high);
  r->left = r->right = NULL;
  t->root = join(join(low, r), high);
  show(r);
}

bool mapped_tree_add(struct mapped_tree *t, uintptr_t start, uintptr_t end,
                     const struct mapped_what *what) {
  struct mapped_range *r = node_new(t, start, end, what);
  if (r != NULL)
    mapped_tree_put_back(t, r);
  return r != NULL;
}

/* The highest range that starts below `at`. */
static struct mapped_range *below(const struct mapped_tree *t, uintptr_t at) {
  struct mapped_range *best = NULL;
  for (struct mapped_range *r = t->root; r != NULL;)
    if (r->start < at) {
      best = r;
      r = r->right;
    } else {
      r = r->left;
    }
  return best;
}

struct mapped_range *mapped_tree_from(const struct mapped_tree *t, uintptr_t address) {
  struct mapped_range *best = NULL;
  for (struct mapped_range *r = t->root; r != NULL;)
    if (r->end > address) {
      best = r;
      r = r->left;
    } else {
      r = r->right;
    }
  return best;
}

typedef void forgotten_function(struct mapped_account *a, uint64_t bytes);

bool mapped_tree_splits(const struct mapped_tree *t, uintptr_t at) {
  const struct mapped_range *r = below(t, at);
  return r != NULL && r->end > at;
}

/* No range lies on both sides of `at` afterwards. */
static void split_at(struct mapped_tree *t, uintptr_t at, forgotten_function *forgotten) {
  if (!mapped_tree_splits(t, at))
    return;
  struct mapped_range *r = below(t, at);
  struct mapped_what rest = r->what;
  uintptr_t end = r->end;
  rest.offset += at - r->start;
  r->end = at;
  show(r);
  if (!mapped_tree_add(t, at, end, &rest))
    forgotten(rest.account, end - at);
}

/* Takes out the ranges that start in [start, end). */
static struct mapped_range *take_out(struct mapped_tree *t, uintptr_t start, uintptr_t end) {
  struct mapped_range *low, *rest, *pieces, *high;
  split(t->root, start, &low, &rest);
  split(rest, end, &pieces, &high);
  t->root = join(low, high);
  return pieces;
}

struct mapped_range *mapped_tree_cut(struct mapped_tree *t, uintptr_t start, uintptr_t end,
                                     forgotten_function *forgotten) {
  split_at(t, start, forgotten);
  split_at(t, end, forgotten);
  return take_out(t, start, end);
}

static bool continues(const struct mapped_range *low, const struct mapped_range *high) {
  return low->end == high->start && low->what.account == high->what.account &&
         low->what.offset + (low->end - low->start) == high->what.offset &&
         low->what.segment == high->what.segment && low->what.flags == high->what.flags &&
         low->what.protection == high->what.protection && low->what.kind == high->what.kind;
}

void mapped_tree_unsplit(struct mapped_tree *t, uintptr_t at) {
  struct mapped_range *low = below(t, at), *high = mapped_tree_from(t, at);
  if (low == NULL || high == NULL || high->start != at || !continues(low, high))
    return;
  high = take_out(t, at, high->end);
  low->end = high->end;
  show(low);
  mapped_tree_free(t, high);
}

struct mapped_range *mapped_tree_pop(struct mapped_range **pieces) {
  struct mapped_range **at = pieces, *r;
  while ((*at)->left != NULL)
    at = &(*at)->left;
  r = *at;
  *at = r->right;
  r->left = r->right = NULL;
  return r;
}
