/* The first use of jemalloc in a thread; contract in large_thread.h. */
#include "large_thread.h"
#include "large.h"

__thread unsigned char large_thread_state __attribute__((tls_model("initial-exec")));
/* Ever, in this thread: jemalloc may have begun in its own constructor. */
static __thread bool refused __attribute__((tls_model("initial-exec")));

void large_thread_refused(void) { refused = true; }

void large_thread_begin(void) {
  if (jep_nallocx(1, 0) == 0) /* jemalloc itself could not start: the next request tries again */
    return;
  large_thread_state = refused ? LARGE_CACHELESS : LARGE_CACHED;
}
