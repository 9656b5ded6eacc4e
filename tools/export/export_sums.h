/* The figures of accounts as fields of JSON, for the formats that are JSON. */
#ifndef TOOLS_EXPORT_SUMS_H
#define TOOLS_EXPORT_SUMS_H

#include "export_rows.h"
#include "json.h"

/* A sum, or of a difference a signed number. */
void sum_put(const struct export *e, struct json_object *to, const char *key, uint64_t n);

/* All figures of an account, under their names in the dump, and its waste where it is known. */
void sums_put_account(const struct export *e, struct json_object *to, const struct dump_account *a);

/* The same of mapped memory. */
void sums_put_mapped(const struct export *e, struct json_object *to,
                     const struct dump_map_account *m);

/* A field of a struct, as it is called there. */
#define PUT(to, item, field)         json_put_number(to, #field, (item)->field)
#define PUT_SUM(e, to, item, field)  sum_put(e, to, #field, (item)->field)
#define PUT_TEXT(to, d, item, field) json_put_text(to, #field, dump_text(d, (item)->field))

/* The name of a number: a list of names, or "unknown". */
const char *word_of(const char *const words[], uint32_t n, uint32_t i);
#define WORD(i, ...)                                                                               \
  word_of((const char *const[]){__VA_ARGS__},                                                      \
          sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), i)

/* What a call site is, when it is no path: "start", "unwinder", ... */
const char *site_kind_word(const struct dump_site *s);

#endif
