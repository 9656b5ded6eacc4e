/* A request that jemalloc refused; contract in large_request.h. */
#include "large_request.h"
#include "own_calls.h"

/* For a new object the last resort: the thread's arena has no memory, or could not be made, but
 * jemalloc's first arena may have some. */
static void *try_again(struct large_request a, void *p) {
  void *to = purge_now(a.bytes) ? large_ask(a, p) : NULL;
  return to != NULL || p != NULL ? to
                                 : jep_mallocx(a.bytes, a.flags | FLAG_NO_CACHE | FLAG_FIRST_ARENA);
}

void *large_ask_again(struct large_request a, void *p) {
  void *to = a.once ? NULL : try_again(a, p);
  if (to == NULL && own_growth_hook != NULL)
    own_growth_hook(a.bytes);
  return to;
}
