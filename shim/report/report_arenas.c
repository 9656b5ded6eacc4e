/* Arenas, a line each; contract in report_arenas.h. */
#include "report_arenas.h"
#include "arena_name.h"
#include "report_text.h"
#include "thread_record.h"

static void arena_taken(struct text *t, struct heap *h, const struct snapshot *g) {
  struct arena_line a;
  char name[16];
  snapshot_arena(g, h, &a);
  arena_name(h, g->self_thread, name);
  text_u64_right(t, heap_number(h), 5);
  text_char(t, a.exact ? ' ' : '*');
  text_pad(t, text_foreign(t, name, 13), 13);
  text_u64_right(t, a.allocs, 13);
  text_u64_right(t, a.bytes, 15);
  text_u64_right(t, count_get(&counts_of(h)->total_blocks), 7);
  text_u64_right(t, count_get(&counts_of(h)->total_blocks) << range.block_shift, 14);
  text_u64_right(t, count_get(&counts_of(h)->large_allocs), 11);
  text_char(t, '\n');
}

static void arena_alive(struct text *t, struct heap *h, const struct snapshot *g) {
  struct arena_line a;
  snapshot_arena(g, h, &a);
  text_u64_right(t, heap_number(h), 5);
  text_char(t, a.exact ? ' ' : '*');
  text_u64_right(t, counts_of(h)->threads, 7);
  text_u64_right(t, a.live, 12);
  text_u64_right(t, a.live_bytes, 14);
  report_peak(t, a.peak_bytes, a.peak_is_bound, 14);
  text_u64_right(t, a.frees, 13);
  text_u64_right(t, a.remote, 12);
  text_char(t, '\n');
}

static bool arenas(struct text *t, const struct snapshot *g, int fd,
                   void (*row)(struct text *, struct heap *, const struct snapshot *)) {
  bool ok = true;
  for (unsigned i = 0; i < heap_count(); i++) {
    row(t, heap_at(i), g);
    ok &= report_room(t, fd);
  }
  return ok && report_flush(t, fd);
}

bool report_arenas(struct text *t, const struct snapshot *g, int fd) {
  report_line(t,
              range.tagged
                  ? "\narenas: what they were asked for (bytes as requested, big_blocks included)"
                  : "\narenas: what they were asked for (bytes with rounding), what they took");
  report_line(t, "arena name          total_allocs     total_size blocks    block_size "
                 "big_blocks");
  bool ok = arenas(t, g, fd, arena_taken);
  report_line(t, range.tagged
                     ? "\narenas: what lives (big_blocks included, remote frees of them not)"
                     : "\narenas: what lives");
  report_line(t, "arena threads        live    live_bytes     peak_bytes        frees      remote");
  return arenas(t, g, fd, arena_alive) && ok;
}
