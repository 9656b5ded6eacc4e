/* The heap profile of gperftools, as text, for google-pprof, jeprof and `go tool pprof`.
 *
 *   heap profile:   5:   300 [  1000:  40000] @ heapprofile     the sum of all rows
 *        5:      300 [    1000:    40000] @ 0x40100f 0x402020   live objects: bytes [allocated]
 *   MAPPED_LIBRARIES:                                           as /proc/self/maps has them
 *   00400000-00500000 r-xp 00000000 00:00 0 /usr/bin/demo
 *
 * Those tools find the names themselves: frames are addresses, and nothing is folded.  They take
 * one off each address, for it is a return address, but the innermost: we do that.
 *
 * So nothing can stand for the callers of a path that was cut.
 *
 * "heapprofile" says that figures are to be taken as they are.  "heap_v2/1", a sample per byte,
 * would not: it makes google-pprof and jeprof divide by 1 - exp(-bytes an object), 1.0003 times as
 * many objects of 8 bytes, and end with a division by zero at a site of empty ones.
 *
 * MAPPED_LIBRARIES lists a file only if its build-id is that of the module that ran: no name is
 * better than one from another build.  A module that was unloaded may have had addresses that
 * another has now: its addresses are moved to where no program has any.
 */
#include "export_writers.h"
#include "say.h"
#include "segments.h"

#include <inttypes.h>
#include <stdlib.h>

/* Beyond all of user space. */
static const uint64_t far_away = UINT64_C(1) << 48;

/* Of each module: what is added to its addresses. */
static uint64_t *moves_new(const struct dump *d) {
  uint64_t *moves = must_zalloc(d->n_modules, sizeof *moves), next = far_away;
  for (uint32_t i = 0; i < d->n_modules; i++) {
    const struct dump_module *m = &d->modules[i];
    if (!(m->flags & DUMP_MODULE_GONE) || m->end <= m->start)
      continue;
    moves[i] = next - m->start;
    next += m->end - m->start;
  }
  return moves;
}

static void row_print(const char *head, const struct dump_account *a, FILE *to) {
  fprintf(to, "%s%6" PRIu64 ": %8" PRIu64 " [%6" PRIu64 ": %8" PRIu64 "] @", head, a->live_objects,
          a->live_bytes, a->allocs, a->bytes);
}

/* Readers skip a row without an address: a row without a path gets address 0. */
static void path_print(const struct dump *d, uint32_t node, const uint64_t *moves, FILE *to) {
  uint64_t path[DUMP_DEPTH_MAX + 1];
  uint32_t n = 0;
  for (; node != 0; node = d->nodes[node].parent) {
    const struct dump_node *f = &d->nodes[node];
    if (f->kind == DUMP_NODE_FRAME)
      path[n++] = f->address + (f->module > 0 ? moves[f->module - 1] : 0);
  }
  if (n == 0)
    path[n++] = 1;
  for (uint32_t i = n; i-- > 0;)
    fprintf(to, " 0x%" PRIx64, path[i] - (i == n - 1));
  fputc('\n', to);
}

static void modules_print(const struct dump *d, const uint64_t *moves, FILE *to) {
  fputs("\nMAPPED_LIBRARIES:\n", to);
  for (uint32_t i = 0; i < d->n_modules; i++) {
    struct segment s = segment_find(d, &d->modules[i]);
    if (s.same)
      fprintf(to, "%08" PRIx64 "-%08" PRIx64 " r-xp %08" PRIx64 " 00:00 0 %s\n", s.start + moves[i],
              s.end + moves[i], s.offset, dump_text(d, d->modules[i].path));
  }
}

void export_heap(const struct export *e, FILE *to) {
  const struct dump *d = e->dump;
  uint64_t *moves = moves_new(d);
  row_print("heap profile: ", &e->session.rows->total.sum, to);
  fputs(" heapprofile\n", to);
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    row_print("", &d->accounts[i], to);
    path_print(d, d->sites[d->accounts[i].site].node, moves, to);
  }
  modules_print(d, moves, to);
  free(moves);
}
