/* json-c as the command uses it: documents are built in memory, texts are made valid UTF-8.
 *
 * Keys must outlive the object, as literals do, and must be new in it.  Memory that is short ends
 * the command.
 */
#ifndef TOOLS_JSON_H
#define TOOLS_JSON_H

#include <json-c/json_object.h>
#include <stdint.h>
#include <stdio.h>

/* An empty object, an empty array. */
struct json_object *json_object_must(void);
struct json_object *json_array_must(void);

/* Each adds to an object, which then owns what was added. */
void json_put(struct json_object *to, const char *key, struct json_object *value); /* NULL: null */
void json_put_text(struct json_object *to, const char *key, const char *text);     /* NULL: null */
void json_put_number(struct json_object *to, const char *key, uint64_t number);
void json_put_signed(struct json_object *to, const char *key, int64_t number);
void json_put_bool(struct json_object *to, const char *key, int value);

/* The same for arrays. */
void json_add(struct json_object *to, struct json_object *value);
void json_add_text(struct json_object *to, const char *text);
void json_add_number(struct json_object *to, uint64_t number);

/* Writes a document in one line, and frees it. */
void json_write(struct json_object *document, FILE *to);

#endif
