/* Maps and unmaps it; contract in scratch.h. */
#include "scratch.h"
#include "os.h"

/* `bytes` is set only after `at`: the child of a fork in between leaks these pages, and never
 * unmaps pages that are not ours. */
bool scratch_map(struct scratch *s, size_t bytes) {
  size_t pages = round_up(bytes, PAGE_BYTES);
  char *p = os_map(pages);
  if (p == NULL && pages <= s->kept_bytes)
    p = s->kept;
  s->at = p;
  atomic_signal_fence(memory_order_seq_cst);
  s->bytes = p != NULL ? pages : 0;
  return p != NULL;
}

void scratch_unmap(struct scratch *s) {
  char *p = s->at;
  size_t bytes = s->bytes;
  s->bytes = 0;
  atomic_signal_fence(memory_order_seq_cst);
  s->at = NULL;
  if (p == s->kept)
    os_purge(p, bytes); /* makes it zeros again */
  else if (p != NULL && bytes != 0)
    os_unmap(p, bytes);
}
