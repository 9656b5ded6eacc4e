/* glibc's functions that report on malloc and tune it, answered for this allocator.
 *
 * Figures are the sums of our heaps' and jemalloc's.  mallopt accepts glibc's parameters, because
 * programs test its result, and ignores them.
 */
#include "big_stack.h"
#include "caller.h"
#include "fork_gate.h"
#include "huge.h"
#include "jemalloc.h"
#include "os.h"
#include "report.h"
#include "snapshot.h"
#include "tagged_arena.h"
#include "thread_cache.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <unistd.h>

/* Fills in a struct mallinfo2.  Cells that wait in threads' lists, or as frees by other threads,
 * count as free, as in a report. */
static void add_figures(void *info) {
  struct mallinfo2 *m = info;
  struct snapshot g;
  snapshot_take(&g);
  const struct survey *v = &g.survey;
  *m = (struct mallinfo2){
      .arena = v->span_bytes + g.large.mapped + huge_mapped_bytes(),
      .uordblks = g.large.allocated + huge_live_bytes(),
      .fordblks = g.large.mapped - g.large.allocated + huge_mapped_bytes() - huge_live_bytes() +
                  v->empty_slab_bytes + v->unpassed_bytes + v->free_block_bytes,
  };
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    uint64_t idle = snapshot_idle_bytes(&g, c);
    m->uordblks += snapshot_live_bytes(&g, c);
    m->fordblks += idle + v->uncarved_bytes[c] + v->tail_bytes[c];
    m->ordblks += idle / class_bytes(c);
  }
}

static struct mallinfo2 figures(void) {
  struct mallinfo2 m;
  on_big_stack(add_figures, &m);
  return m;
}

exported struct mallinfo2 mallinfo2(void) { return figures(); }

static int clamp(size_t n) { return n > INT32_MAX ? INT32_MAX : (int)n; }

exported struct mallinfo mallinfo(void) {
  struct mallinfo2 m = figures();
  return (struct mallinfo){.arena = clamp(m.arena),
                           .ordblks = clamp(m.ordblks),
                           .uordblks = clamp(m.uordblks),
                           .fordblks = clamp(m.fordblks)};
}

/* Returns 1, as glibc's does, if memory went back to the kernel meanwhile: by this call or by
 * another thread. */
exported int malloc_trim(size_t pad) {
  (void)pad;
  int saved = errno;
  uint64_t before = os_released_bytes();
  heap_trim();
  cache_clear(heap_mine());
  tagged_cache_flush(heap_mine());
  gate_pass(heap_mine());
  jemalloc_purge();
  gate_leave(heap_mine());
  errno = saved;
  return os_released_bytes() != before;
}

exported void malloc_stats(void) { report_write_fd(STDERR_FILENO); }

exported int malloc_info(int options, FILE *out) {
  if (options != 0) {
    errno = EINVAL;
    return -1;
  }
  struct mallinfo2 m = figures();
  return fprintf(out,
                 "<malloc version=\"1\">\n<system type=\"current\" size=\"%zu\"/>\n"
                 "<total type=\"fast\" count=\"0\" size=\"0\"/>\n"
                 "<total type=\"rest\" count=\"%zu\" size=\"%zu\"/>\n"
                 "<aspace type=\"total\" size=\"%zu\"/>\n</malloc>\n",
                 m.arena, m.ordblks, m.fordblks, m.arena) < 0
             ? -1
             : 0;
}

/* Returns 1 for a parameter of glibc's, as glibc's mallopt does; 0 for another number. */
exported int mallopt(int parameter, int value) {
  (void)value;
  switch (parameter) {
  case M_MXFAST:
  case M_TRIM_THRESHOLD:
  case M_TOP_PAD:
  case M_MMAP_THRESHOLD:
  case M_MMAP_MAX:
  case M_CHECK_ACTION:
  case M_PERTURB:
  case M_ARENA_TEST:
  case M_ARENA_MAX:
    return 1;
  default:
    return 0;
  }
}
