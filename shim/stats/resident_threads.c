/* Lists running threads; contract in resident_threads.h. */
#include "resident_threads.h"
#include "heap_thread.h"

static void insert(struct thread_places *t, struct thread_place p) {
  size_t i = t->count++;
  for (; i > 0 && t->item[i - 1].pointer > p.pointer; i--)
    t->item[i] = t->item[i - 1];
  t->item[i] = p;
}

void thread_places_read(struct thread_places *t, size_t most) {
  t->count = t->next = 0;
  for (unsigned i = 0; i < heap_count() && t->count < most; i++) {
    const struct heap_counts *c = counts_of(heap_at(i));
    uint32_t thread = atomic_load(&c->thread);
    uintptr_t pointer = count_get(&c->pointer);
    if (thread != 0 && pointer != 0)
      insert(t, (struct thread_place){pointer, thread, i});
  }
}

const struct thread_place *thread_place_in(struct thread_places *t, uintptr_t start, uintptr_t end,
                                           unsigned *threads) {
  while (t->next < t->count && t->item[t->next].pointer < start)
    t->next++;
  size_t i = t->next;
  for (*threads = 0; i < t->count && t->item[i].pointer < end; i++)
    ++*threads;
  return *threads != 0 ? &t->item[t->next] : NULL;
}
