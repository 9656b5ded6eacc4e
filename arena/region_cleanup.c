/* How regions and their parts end: cleanups, marks, rewind, reset, destroy.
 *
 *   destroy = unwind to time 0, then all blocks, then the region
 *   reset   = rewind to time 0 and the first block
 *   rewind  = unwind to the mark's time, then the blocks and bytes passed out since
 *
 * unwind(root, time) ends what was registered after `time`, before any byte goes:
 *
 *        root            order: cleanups of C, memory of C, cleanups of B, memory of B,
 *       /    \                  cleanups and memory of A, cleanups of root
 *      A      B (newer)         children before their parents, the newest child first,
 *             |                 in each region the newest cleanup first
 *             C
 *
 * It walks by the parent links, so that a deep family needs no deep stack.  All regions from the
 * root down to the one whose cleanups run are busy, and a busy region cannot be destroyed: whatever
 * a cleanup does, the parent links that lead back stay valid.  By then the root has left its
 * parent's list or has a busy parent, so no other call reaches it.
 */
#include <errno.h>
#include <stdlib.h>

#include "region_internal.h"

static int error_int(int error) {
  errno = error;
  return -1;
}

/* ---- cleanups ---- */

int arena_add_cleanup(struct arena *a, arena_release release, void *object) {
  if (release == NULL)
    return error_int(EINVAL);
  struct cleanup *c = malloc(sizeof *c);
  if (c == NULL)
    return error_int(ENOMEM);
  *c = (struct cleanup){a->a_objects, release, object, ++a->a_clock};
  a->a_objects = c;
  a->a_cleanups += 1;
  return 0;
}

static void cleanup_forget(struct arena *a, struct cleanup **link) {
  struct cleanup *c = *link;
  *link = c->next;
  a->a_cleanups -= 1;
  free(c);
}

bool arena_remove_cleanup(struct arena *a, arena_release release, const void *object) {
  struct cleanup **link = &a->a_objects;
  while (*link != NULL && ((*link)->release != release || (*link)->object != object))
    link = &(*link)->next;
  if (*link == NULL)
    return false;
  cleanup_forget(a, link);
  return true;
}

/* Runs the newest cleanup if it is younger than `time`; false if there is none.  It is forgotten
 * before it runs: it runs once even if it does not return, and it may change the list. */
static bool cleanup_run(struct arena *a, uint64_t time) {
  if (a->a_objects == NULL || a->a_objects->time <= time)
    return false;
  struct cleanup c = *a->a_objects;
  cleanup_forget(a, &a->a_objects);
  c.release(c.object);
  return true;
}

/* ---- memory ---- */

static void block_free(struct arena *a, struct region_block *b) {
  block_take_back(a, b, 0);
  word_sub(&a->a_row->reserved, b->ab_size);
  memory_unpoison(b->ab_mem, b->ab_size);
  if (b != a->a_head)
    free(b);
}

/* Frees all blocks after `last`. */
static void blocks_drop(struct arena *a, struct region_block *last) {
  struct region_block *b = last->ab_next;
  last->ab_next = NULL;
  a->a_tail = last;
  while (b != NULL) {
    struct region_block *next = b->ab_next;
    block_free(a, b);
    b = next;
  }
}

/* After the last store another region may get the row. */
static void row_leave(struct region_row *row) {
  word_set(&row->used, 0);
  word_set(&row->reserved, 0);
  word_add(&row->destroyed, 1);
  atomic_store_explicit(&row->state, REGION_ROW_ENDED, memory_order_release);
}

/* ---- families ---- */

static void parent_leave(struct arena *a) {
  if (a->a_parent == NULL)
    return;
  *a->a_link = a->a_sibling;
  if (a->a_sibling != NULL)
    a->a_sibling->a_link = a->a_link;
  a->a_parent = NULL;
}

/* The end of a region that has no children and no cleanups left. */
static void region_free(struct arena *a) {
  parent_leave(a);
  blocks_drop(a, a->a_head);
  block_free(a, a->a_head);
  row_leave(a->a_row);
  if (!a->a_borrowed)
    free(a);
}

static struct arena *child_newest(const struct arena *a, uint64_t time) {
  struct arena *child = a->a_children;
  return child != NULL && child->a_born > time ? child : NULL;
}

/* The algorithm is described at the top.  Ends when cleanups make no new cleanups and children. */
static void unwind(struct arena *root, uint64_t time) {
  struct arena *at = root;
  root->a_busy = true;
  for (;;) {
    uint64_t since = at == root ? time : 0;
    struct arena *child = child_newest(at, since);
    if (child != NULL) {
      child->a_busy = true;
      at = child;
    } else if (!cleanup_run(at, since)) {
      if (at == root)
        return;
      struct arena *parent = at->a_parent;
      region_free(at);
      at = parent;
    }
  }
}

/* ---- mark, rewind, reset, destroy ---- */

struct arena_mark arena_mark(struct arena *a) {
  return (struct arena_mark){.arena = a,
                             .cur = a->a_cur,
                             .last = a->a_tail,
                             .offset = a->a_cur->ab_offset,
                             .time = ++a->a_clock};
}

/* The block may have lost bytes from before the mark when its last piece shrank. */
static void block_rewind(struct arena *a, struct region_block *b, size_t offset) {
  if (b->ab_offset > offset)
    block_take_back(a, b, offset);
}

int arena_rewind(struct arena *a, struct arena_mark mark) {
  if (mark.arena != a || mark.time > a->a_clock)
    return error_int(EINVAL);
  if (a->a_busy)
    return error_int(EBUSY);
  unwind(a, mark.time);
  blocks_drop(a, mark.last);
  block_rewind(a, mark.cur, mark.offset);
  a->a_cur = mark.cur;
  a->a_clock = mark.time;
  a->a_busy = false;
  return 0;
}

int arena_reset(struct arena *a) {
  return arena_rewind(a, (struct arena_mark){.arena = a, .cur = a->a_head, .last = a->a_head});
}

void arena_destroy(struct arena *a) {
  if (a == NULL || a->a_busy)
    return;
  parent_leave(a);
  unwind(a, 0);
  region_free(a);
}
