/* Mappings by call site in a page; contract in html_mapped.h. */
#include "html_mapped.h"
#include "say.h"

#include <stdlib.h>

/* Of anonymous memory by the call that mapped it; files, segments and stacks are not known so. */
static struct page_touched *touched_new(const struct dump *d, const struct rows *rows,
                                        const struct paths *paths) {
  struct page_touched *touched = must_zalloc((size_t)rows->count + 1, sizeof *touched);
  uint32_t *slots = page_slots_new(rows, paths);
  for (uint32_t i = 0; i < d->n_mappings; i++) {
    const struct dump_mapping *m = &d->mappings[i];
    if (m->site == 0)
      continue;
    const struct dump_site *site = &d->sites[m->site - 1];
    uint32_t path = paths->of_node[site->node], kind = row_kind_mapped(d, site->kind);
    uint32_t row = slots[page_slot(path, kind)]; /* 0, too, if it is none's */
    if (row >= rows->count || rows->items[row].key != path || rows->items[row].kind != kind)
      continue;
    touched[row].bytes += m->resident + m->swapped;
    touched[row].known = true;
  }
  free(slots);
  return touched;
}

void page_mapped_open(struct page_mapped *m, struct page_paths *paths) {
  const struct paths *of_rows = paths->session->paths;
  mapped_view_open(&m->view, paths->dump);
  m->rows = rows_new(&(struct rows_keys){.dump = &m->view.dump, .paths = of_rows, .by = ROW_PATH});
  m->touched = touched_new(&m->view.dump, m->rows, of_rows);
  page_calls_open(&m->calls, &m->view.dump, m->rows, paths);
}

void page_mapped_close(struct page_mapped *m) {
  page_calls_close(&m->calls);
  free(m->touched);
  rows_free(m->rows);
  mapped_view_close(&m->view);
}

/* One of the table's; its live objects are ranges. */
struct page_mapping {
  uint32_t words; /* as for strings; 0: none */
  uint32_t bound; /* 1: its peak is an upper bound */
  uint32_t known; /* 1: how much of it was touched */
  uint64_t touched;
  struct dump_account sum;
};

void page_mapped_write(const struct page_mapped *m) {
  static const struct column columns[] = {COLUMN(page_mapping, words),
                                          COLUMN(page_mapping, bound),
                                          COLUMN(page_mapping, known),
                                          COLUMN(page_mapping, touched),
                                          SUM(page_mapping, allocs),
                                          SUM(page_mapping, bytes),
                                          SUM(page_mapping, live_objects),
                                          SUM(page_mapping, live_bytes),
                                          SUM(page_mapping, peak_bytes),
                                          SUM(page_mapping, at_peak_bytes),
                                          {0}};
  struct page_mapping *items = must_alloc(m->rows->count * sizeof *items);
  for (uint32_t i = 0; i < m->rows->count; i++) {
    const struct row *r = &m->rows->items[i];
    items[i] = (struct page_mapping){.words = page_text(m->calls.paths, row_words(r)),
                                     .bound = row_peak_is_bound(&m->view.dump, r),
                                     .known = m->touched[i].known,
                                     .touched = m->touched[i].bytes,
                                     .sum = r->sum};
  }
  page_table_write(m->calls.paths, "mapped", columns, items, sizeof *items, m->rows->count);
  page_calls_write(&m->calls, "mapped_calls");
  free(items);
}
