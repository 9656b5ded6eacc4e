/* Live bytes of past readings; contract in top_marks.h. */
#include "top_marks.h"
#include "say.h"

#include <stdlib.h>

#define MINUTE_NS UINT64_C(60000000000)
enum { MARKS_MAX = sizeof((struct top_marks *)0)->items / sizeof(struct top_mark *) };

static struct top_mark *mark_new(const struct top_reading *r) {
  struct top_mark *m = must_zalloc(1, sizeof *m);
  m->ns = r->ns;
  m->live = r->all.live;
  for (int by = 0; by < TOP_GROUPS; by++) {
    m->counts[by] = r->rows[by].count;
    m->rows[by] = must_alloc(m->counts[by] * sizeof *m->rows[by]);
    for (uint32_t i = 0; i < m->counts[by]; i++)
      m->rows[by][i] = r->rows[by].items[i].live;
  }
  return m;
}

static void mark_free(struct top_mark *m) {
  for (int by = 0; by < TOP_GROUPS; by++)
    free(m->rows[by]);
  free(m);
}

/* Takes the oldest off while the next one is a minute old, too. */
static void old_drop(struct top_marks *m, uint64_t now_ns) {
  while (m->count > 1 && (now_ns - m->items[1]->ns >= MINUTE_NS || m->count == MARKS_MAX)) {
    mark_free(m->items[0]);
    m->count--;
    for (unsigned i = 0; i < m->count; i++)
      m->items[i] = m->items[i + 1];
  }
}

void top_marks_add(struct top_marks *m, const struct top_reading *r) {
  if (m->count > 0 && r->ns - m->items[m->count - 1]->ns < MINUTE_NS / (MARKS_MAX - 1))
    return;
  old_drop(m, r->ns);
  m->items[m->count++] = mark_new(r);
}

void top_marks_free(struct top_marks *m) {
  for (unsigned i = 0; i < m->count; i++)
    mark_free(m->items[i]);
  *m = (struct top_marks){0};
}

const struct top_mark *top_marks_base(const struct top_marks *m) { return m->items[0]; }

uint64_t top_marks_row(const struct top_mark *m, enum top_by by, uint32_t row) {
  return row < m->counts[by] ? m->rows[by][row] : 0;
}
