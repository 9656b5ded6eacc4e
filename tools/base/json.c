/* Wraps json-c; contract in json.h. */
#include "json.h"
#include "say.h"
#include "utf8_copy.h"

#include <stdlib.h>

static struct json_object *must(struct json_object *o) { return must_have(o); }

struct json_object *json_object_must(void) {
  return must(json_object_new_object());
}
struct json_object *json_array_must(void) {
  return must(json_object_new_array());
}

static struct json_object *text_new(const char *text) {
  char *valid = utf8_copy(text);
  struct json_object *o = must(json_object_new_string(valid));
  free(valid);
  return o;
}

void json_put(struct json_object *to, const char *key, struct json_object *value) {
  const unsigned how = JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY;
  if (json_object_object_add_ex(to, key, value, how) != 0)
    must(NULL);
}

void json_put_text(struct json_object *to, const char *key, const char *text) {
  json_put(to, key, text == NULL ? NULL : text_new(text));
}

void json_put_number(struct json_object *to, const char *key, uint64_t number) {
  json_put(to, key, must(json_object_new_uint64(number)));
}

void json_put_signed(struct json_object *to, const char *key, int64_t number) {
  json_put(to, key, must(json_object_new_int64(number)));
}

void json_put_bool(struct json_object *to, const char *key, int value) {
  json_put(to, key, must(json_object_new_boolean(value)));
}

void json_add(struct json_object *to, struct json_object *value) {
  if (json_object_array_add(to, value) != 0)
    must(NULL);
}

void json_add_text(struct json_object *to, const char *text) { json_add(to, text_new(text)); }

void json_add_number(struct json_object *to, uint64_t number) {
  json_add(to, must(json_object_new_uint64(number)));
}

void json_write(struct json_object *document, FILE *to) {
  size_t bytes;
  const int how = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
  const char *text = must_have((void *)json_object_to_json_string_length(document, how, &bytes));
  fwrite(text, 1, bytes, to);
  fputc('\n', to);
  json_object_put(document);
}
