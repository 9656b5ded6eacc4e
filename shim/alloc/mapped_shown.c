/* Items for readers; contract in mapped_shown.h. */
#include "mapped_shown.h"
#include "pieces.h"

static_assert((int)RECORD_MAPPED == (int)PIECE_MAPPED, "format");

struct record_mapped *mapped_shown_new(void) {
  return piece_take(PIECE_MAPPED, sizeof(struct record_mapped));
}

void mapped_shown_clear(struct record_mapped *item) {
  if (item == NULL)
    return;
  __atomic_store_n(&item->what, RECORD_MAPPED_NONE, __ATOMIC_RELAXED);
  atomic_thread_fence(memory_order_release);
}

void mapped_shown_set(struct record_mapped *item, const struct record_mapped *what) {
  if (item == NULL)
    return;
  struct record_mapped next = *what;
  next.what = RECORD_MAPPED_NONE;
  mapped_shown_clear(item);
  *item = next;
  __atomic_store_n(&item->what, what->what, __ATOMIC_RELEASE);
}
