/* Rows of sites and accounts; contract in export_rows.h. */
#include "export_rows.h"
#include "mapped.h"

uint64_t export_value(enum export_value value, const struct row *r) {
  static const enum sort sorts[] = {[EXPORT_LIVE] = SORT_LIVE,
                                    [EXPORT_ALLOCS] = SORT_ALLOCS,
                                    [EXPORT_PEAK] = SORT_PEAK,
                                    [EXPORT_BYTES] = SORT_BYTES,
                                    [EXPORT_WASTE] = SORT_WASTE};
  return row_added(r, sorts[value]);
}

struct row export_site(const struct session *s, uint32_t site) {
  const struct dump_site *item = &s->dump->sites[site];
  return (struct row){.kind = row_kind(item->kind), .key = s->paths->of_node[item->node]};
}

static struct row row_of(const struct session *s, const struct dump_account *a) {
  struct row r = export_site(s, a->site);
  r.accounts = 1;
  r.sum = *a;
  return r;
}

struct row export_account(const struct session *s, uint32_t account) {
  return row_of(s, &s->dump->accounts[account]);
}

struct row export_mapped(const struct session *s, uint32_t account) {
  struct dump_account a = mapped_account(s->dump, account);
  struct row r = row_of(s, &a);
  r.kind = row_kind_mapped(s->dump, s->dump->sites[a.site].kind);
  return r;
}
