/* Huge requests, those that come to the tagged arena or leave it, and those that jemalloc refused;
 * contract in large_request.h. */
#include "large_request.h"
#include "own_calls.h"
#include "thread_state.h"

/* A thread without a heap is at its end, or the shim is disabled. */
static bool is_huge(struct large_request a) {
  return a.bytes >= HUGE_LEAST && a.h != NULL && a.by_size && (a.flags & ~FLAG_ZERO) == 0 &&
         !large_request_is_marked(a) && thread_state != THREAD_COUNTED &&
         jemalloc_leaves_purging() && jemalloc_has_plain_objects();
}

/* The system has refused the request.  jemalloc could serve it only from what it has mapped. */
static bool is_beyond_jemalloc(struct large_request a) { return a.bytes > page_map_mapped_bytes(); }

/* From one to the other. */
static void *change(struct large_request a, void *p, bool to_huge) {
  size_t held = jemalloc_or_huge_bytes(p);
  void *to = to_huge ? huge_alloc(a.bytes, false) : large_ask_jemalloc(a, NULL);
  if (to == NULL)
    return NULL;
  libc_memcpy(to, p, held < a.bytes ? held : a.bytes);
  large_give_back(p, page_kind(p), 0);
  return to;
}

/* From the tagged arena to another or back.  jemalloc would leave an object where it is, or put it
 * into the thread's cache. */
static void *move_arena(struct large_request a, void *p) {
  int flags = page_kind(p) == PAGE_TAGGED ? tagged_cache_flag() : 0;
  size_t held = jep_malloc_usable_size(p), room;
  void *to = large_ask_jemalloc(a, NULL);
  if (to == NULL)
    return NULL;
  room = jep_malloc_usable_size(to);
  libc_memcpy(to, p, held < room ? held : room);
  jep_dallocx(p, flags);
  return to;
}

static void *ask_huge(struct large_request a, void *p) {
  bool now = p != NULL && huge_holds(p), then = is_huge(a);
  void *to = NULL;
  if (p == NULL && then)
    to = huge_alloc(a.bytes, (a.flags & FLAG_ZERO) != 0);
  else if (now && then && (to = huge_resize(p, a.bytes)) == NULL)
    to = change(a, p, true);
  else if (now != then)
    to = change(a, p, then);
  if (to != NULL && then)
    purge_note_beside(a.bytes);
  if (to != NULL || (p == NULL && then && is_beyond_jemalloc(a)))
    return to;
  return now ? change(a, p, false) : large_ask_jemalloc(a, p);
}

void *large_ask_apart(const struct large_request *request, void *p) {
  bool now = p != NULL && page_kind(p) == PAGE_TAGGED, then = large_request_is_apart(*request);
  if (p == NULL || now == then || huge_holds(p) || is_huge(*request))
    return ask_huge(*request, p);
  return move_arena(*request, p);
}

/* Flags for jemalloc's first arena.  The kind of the page is that of the tagged arena all the same,
 * if it was asked: so nothing else may be in it. */
static int last_flags(struct large_request a) {
  if (large_request_is_apart(a))
    a.flags = (a.flags & FLAG_ZERO) | FLAG_ALIGN_PAGE;
  return a.flags | FLAG_NO_CACHE | FLAG_FIRST_ARENA;
}

/* For a new object the last resort: the thread's arena has no memory, or could not be made, but
 * jemalloc's first arena may have some. */
static void *try_again(struct large_request a, void *p) {
  if (a.once || (p == NULL && is_huge(a) && is_beyond_jemalloc(a)))
    return NULL;
  void *to = purge_now(a.bytes) ? large_ask(a, p) : NULL;
  return to != NULL || p != NULL ? to : jep_mallocx(a.bytes, last_flags(a));
}

void *large_ask_again(const struct large_request *request, void *p) {
  struct large_request a = *request;
  void *to = try_again(a, p);
  if (to == NULL && own_growth_hook != NULL)
    own_growth_hook(a.bytes);
  return to;
}
