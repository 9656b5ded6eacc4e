/* Tables in a page; contract in html_json.h. */
#include "html_json.h"
#include "json.h"
#include "say.h"

#include <json-c/linkhash.h>
#include <stdlib.h>
#include <string.h>

/* A hash table by text; its entries are linked in the order of arrival. */
struct terms {
  struct lh_table *numbers;
};

static void term_free(struct lh_entry *e) { free(lh_entry_k(e)); }

struct terms *terms_new(void) {
  struct terms *t = must_zalloc(1, sizeof *t);
  t->numbers = must_have(lh_kchar_table_new(64, term_free));
  return t;
}

void terms_free(struct terms *t) {
  lh_table_free(t->numbers);
  free(t);
}

uint32_t terms_count(const struct terms *t) { return (uint32_t)lh_table_length(t->numbers); }

uint32_t terms_add(struct terms *t, const char *text) {
  unsigned long hash = lh_get_hash(t->numbers, text);
  struct lh_entry *e = lh_table_lookup_entry_w_hash(t->numbers, text, hash);
  if (e != NULL)
    return (uint32_t)(uintptr_t)lh_entry_v(e);
  uint32_t number = terms_count(t);
  void *value = (void *)(uintptr_t)number; /* no pointer: the table's values are void pointers */
  if (lh_table_insert_w_hash(t->numbers, must_copy(text), value, hash, 0) != 0)
    must_have(NULL);
  return number;
}

/* In JSON a '<' occurs only inside strings, where it may be written as its number. */
static void json_print(struct json_object *o, FILE *to) {
  const char *text = must_have((void *)json_object_to_json_string_ext(
      o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
  for (size_t plain; *text != '\0'; text += plain) {
    plain = strcspn(text, "<");
    fwrite(text, 1, plain, to);
    if (text[plain] == '<') {
      fputs("\\u003c", to);
      plain++;
    }
  }
  json_object_put(o);
}

static uint64_t cell(const struct table_json *t, const struct column *c, size_t row,
                     struct terms *strings) {
  const char *at = (const char *)t->items + row * t->item_bytes + c->offset;
  uint64_t value = 0;
  memcpy(&value, at, c->bytes); /* little-endian, as the dump is */
  return c->text ? terms_add(strings, dump_text(t->dump, value)) : value;
}

static void column_print(const struct table_json *t, const struct column *c, struct terms *strings,
                         FILE *to) {
  struct json_object *array = json_array_must();
  for (size_t row = 0; row < t->count; row++)
    json_add_number(array, cell(t, c, row, strings));
  json_print(array, to);
}

static void element_start(const char *id, FILE *to) {
  fprintf(to, "<script type=\"application/json\" id=\"data-%s\">", id);
}

void html_table(const struct table_json *t, struct terms *strings, FILE *to) {
  element_start(t->id, to);
  for (const struct column *c = t->columns; c->name != NULL; c++) {
    fprintf(to, "%c\"%s\":", c == t->columns ? '{' : ',', c->name);
    column_print(t, c, strings, to);
  }
  fputs("}</script>\n", to);
}

void html_strings(const struct terms *strings, FILE *to) {
  struct json_object *array = json_array_must();
  struct lh_entry *e;
  lh_foreach(strings->numbers, e) { json_add_text(array, lh_entry_k(e)); }
  element_start("strings", to);
  json_print(array, to);
  fputs("</script>\n", to);
}
