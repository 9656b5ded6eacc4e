/* Packs parts with protobuf-c and finds equal texts and functions in libc's trees; contract in
 * pprof.h. */
#include "pprof.h"
#include "gzip.h"
#include "say.h"
#include "utf8_copy.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct text {
  int64_t index;
  char *bytes;
};

struct function_key {
  uint64_t id;
  int64_t name, file;
};

struct pprof {
  ProtobufCBuffer buffer; /* first, because protobuf-c passes a pointer to it back */
  struct gzip *gzip;
  void *texts, *functions; /* trees */
  int64_t n_texts;
  uint64_t n_functions;
};

static void bytes_append(ProtobufCBuffer *buffer, size_t n, const uint8_t *bytes) {
  gzip_write(((struct pprof *)buffer)->gzip, bytes, n);
}

void pprof_write(struct pprof *p, const Pprof__Profile *part) {
  protobuf_c_message_pack_to_buffer(&part->base, &p->buffer);
}

struct pprof *pprof_new(FILE *to) {
  struct pprof *p = must_zalloc(1, sizeof *p);
  p->buffer.append = bytes_append;
  p->gzip = gzip_new(to);
  pprof_text(p, "");
  return p;
}

static void text_free(void *text) {
  free(((struct text *)text)->bytes);
  free(text);
}

void pprof_end(struct pprof *p) {
  tdestroy(p->texts, text_free);
  tdestroy(p->functions, free);
  gzip_end(p->gzip);
  free(p);
}

static int text_compare(const void *a, const void *b) {
  return strcmp(((const struct text *)a)->bytes, ((const struct text *)b)->bytes);
}

static void text_write(struct pprof *p, char *bytes) {
  Pprof__Profile part = PPROF__PROFILE__INIT;
  part.n_string_table = 1;
  part.string_table = &bytes;
  pprof_write(p, &part);
}

int64_t pprof_text(struct pprof *p, const char *bytes) {
  struct text *new = must_alloc(sizeof *new);
  *new = (struct text){.index = p->n_texts, .bytes = utf8_copy(bytes)};
  struct text **found = must_have(tsearch(new, &p->texts, text_compare));
  if (*found != new) {
    text_free(new);
    return (*found)->index;
  }
  text_write(p, new->bytes);
  return p->n_texts++;
}

static int function_compare(const void *a, const void *b) {
  const struct function_key *x = a, *y = b;
  if (x->name != y->name)
    return x->name < y->name ? -1 : 1;
  return (x->file > y->file) - (x->file < y->file);
}

/* Without a system name, from which `go tool pprof` would make a name of its own. */
static void function_write(struct pprof *p, const struct function_key *key) {
  Pprof__Function function = PPROF__FUNCTION__INIT, *list = &function;
  function.id = key->id;
  function.name = key->name;
  function.filename = key->file;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  part.n_function = 1;
  part.function = &list;
  pprof_write(p, &part);
}

uint64_t pprof_function(struct pprof *p, const char *name, const char *file) {
  struct function_key *new = must_alloc(sizeof *new);
  *new = (struct function_key){.id = p->n_functions + 1,
                               .name = pprof_text(p, name),
                               .file = file != NULL ? pprof_text(p, file) : 0};
  struct function_key **found = must_have(tsearch(new, &p->functions, function_compare));
  if (*found != new) {
    free(new);
    return (*found)->id;
  }
  function_write(p, new);
  return ++p->n_functions;
}
