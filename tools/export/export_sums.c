/* The figures of accounts in JSON; contract in export_sums.h. */
#include "export_sums.h"

void sum_put(const struct export *e, struct json_object *to, const char *key, uint64_t n) {
  if (e->base != NULL)
    json_put_signed(to, key, (int64_t)n);
  else
    json_put_number(to, key, n);
}

void sums_put_account(const struct export *e, struct json_object *to,
                      const struct dump_account *a) {
  PUT_SUM(e, to, a, allocs);
  PUT_SUM(e, to, a, frees);
  PUT_SUM(e, to, a, bytes);
  PUT_SUM(e, to, a, live_objects);
  PUT_SUM(e, to, a, live_bytes);
  PUT_SUM(e, to, a, live_rounded);
  PUT_SUM(e, to, a, peak_bytes);
  PUT_SUM(e, to, a, at_peak_objects);
  PUT_SUM(e, to, a, at_peak_bytes);
  if (temporary_known(e->dump))
    PUT_SUM(e, to, a, temporary);
  PUT(to, a, smallest);
  PUT(to, a, largest);
  PUT_SUM(e, to, a, pinned_bytes);
  PUT_SUM(e, to, a, large_allocs);
  struct json_object *lives = json_array_must();
  for (unsigned c = 0; c < DUMP_LIVES; c++)
    json_add_number(lives, a->lives[c]);
  json_put(to, "lives", lives);
  if (waste_known(e->dump))
    sum_put(e, to, "waste",
            e->base == NULL ? account_waste(a) : a->live_rounded - a->live_bytes + a->pinned_bytes);
}

void sums_put_mapped(const struct export *e, struct json_object *to,
                     const struct dump_map_account *m) {
  PUT_SUM(e, to, m, allocs);
  PUT_SUM(e, to, m, bytes);
  PUT_SUM(e, to, m, ranges);
  PUT_SUM(e, to, m, live_bytes);
  PUT_SUM(e, to, m, peak_bytes);
  PUT_SUM(e, to, m, at_peak_bytes);
}

const char *word_of(const char *const words[], uint32_t n, uint32_t i) {
  return i < n ? words[i] : "unknown";
}

const char *site_kind_word(const struct dump_site *s) {
  return WORD(s->kind, "path", "start", "unwinder", "full", "untagged", "ended", "region",
              "before");
}
