/* Calls of a page's rows; contract in html_calls.h. */
#include "html_calls.h"
#include "say.h"

#include <stdlib.h>

void page_calls_open(struct page_calls *c, const struct dump *d, const struct rows *rows,
                     struct page_paths *paths) {
  *c = (struct page_calls){.dump = d, .rows = rows, .paths = paths};
  c->calls = rows_new(&(struct rows_keys){.dump = d, .paths = paths->paths, .by = ROW_PATH});
  for (uint32_t i = 0; i < c->calls->count; i++)
    page_path_need(paths, c->calls->items[i].key);
}

void page_calls_close(struct page_calls *c) { rows_free(c->calls); }

size_t page_slot(uint32_t path, uint32_t kind) { return (size_t)path * ROW_KINDS + kind; }

uint32_t *page_slots_new(const struct rows *rows, const struct paths *paths) {
  uint32_t *slots = must_zalloc((size_t)paths->count * ROW_KINDS, sizeof *slots);
  for (uint32_t i = 0; i < rows->count; i++)
    slots[page_slot(rows->items[i].key, rows->items[i].kind)] = i;
  return slots;
}

/* Of each call: the row that it is part of; to be freed.  Accounts of one call are in one row, for
 * what shows the same lines shows the same functions. */
static uint32_t *owners_new(const struct page_calls *c) {
  uint32_t *of_rows = page_slots_new(c->rows, c->paths->session->paths),
           *of_calls = page_slots_new(c->calls, c->paths->paths),
           *owners = must_zalloc(c->calls->count, sizeof *owners);
  for (uint32_t i = 0; i < c->dump->n_accounts; i++) {
    const struct dump_site *site = &c->dump->sites[c->dump->accounts[i].site];
    uint32_t kind = c->dump->mapped ? row_kind_mapped(c->dump, site->kind) : row_kind(site->kind);
    owners[of_calls[page_slot(c->paths->paths->of_node[site->node], kind)]] =
        of_rows[page_slot(c->paths->session->paths->of_node[site->node], kind)];
  }
  free(of_rows);
  free(of_calls);
  return owners;
}

struct page_call {
  uint32_t site;
  uint32_t path;
  uint32_t own; /* path up to its first frame in the program's own source; 0: none is */
  uint64_t waste;
  struct dump_account sum;
};

void page_calls_write(const struct page_calls *c, const char *id) {
  static const struct column columns[] = {
      COLUMN(page_call, site),    COLUMN(page_call, path),       COLUMN(page_call, own),
      COLUMN(page_call, waste),   SUM(page_call, allocs),        SUM(page_call, bytes),
      SUM(page_call, live_bytes), SUM(page_call, at_peak_bytes), {0}};
  struct page_call *calls = must_alloc(c->calls->count * sizeof *calls);
  uint32_t *owners = owners_new(c);
  for (uint32_t i = 0; i < c->calls->count; i++) {
    const struct row *r = &c->calls->items[i];
    calls[i] = (struct page_call){.site = owners[i],
                                  .path = page_path(c->paths, r->key),
                                  .own = page_path_own(c->paths, r->key),
                                  .waste = account_waste(&r->sum),
                                  .sum = r->sum};
  }
  page_table_write(c->paths, id, columns, calls, sizeof *calls, c->calls->count);
  free(owners);
  free(calls);
}
