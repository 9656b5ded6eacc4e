/* The first use of jemalloc in a thread; contract in large_thread.h. */
#include "large_thread.h"
#include "large.h"

#include <errno.h>

__thread unsigned char large_thread_state __attribute__((tls_model("initial-exec")));
/* Ever, in this thread: jemalloc may have begun in its own constructor. */
static __thread bool refused __attribute__((tls_model("initial-exec")));

void large_thread_refused(void) { refused = true; }

/* jemalloc's start asks libc for what may not be there, which sets errno: it is over before any
 * request, at once or at the second try. */
static bool is_started(void) {
  int saved = errno;
  bool started = jep_nallocx(1, 0) != 0 || jep_nallocx(1, 0) != 0;
  errno = saved;
  return started;
}

void large_start(void) { is_started(); }

void large_thread_begin(void) {
  if (!is_started()) /* the next request tries again */
    return;
  large_thread_state = refused ? LARGE_CACHELESS : LARGE_CACHED;
}
