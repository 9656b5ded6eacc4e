/* The functions' names, kept once each; contract in functions.h.
 *
 * Demangling is libiberty's: it knows C++ and both of Rust's manglings, bounds its recursion, and
 * links no C++ library into a C program (__cxa_demangle would, and knows no Rust).
 */
#include "functions.h"
#include "say.h"
#include "utf8_copy.h"

#include <libiberty/demangle.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A name as files write it; several lead to one function. */
struct spelling {
  uint32_t module;
  char *text;
  const struct function *function; /* this one's own when `owned` is its name */
  struct function owned;
};

struct functions {
  const struct fold *fold;
  void *spellings, *texts; /* trees of struct spelling and of texts */
};

struct functions *functions_new(const struct fold *fold) {
  struct functions *f = must_zalloc(1, sizeof *f);
  f->fold = fold;
  return f;
}

static void spelling_free(void *node) {
  struct spelling *e = node;
  free(e->text);
  free(e);
}

void functions_free(struct functions *f) {
  tdestroy(f->spellings, spelling_free);
  tdestroy(f->texts, free);
  free(f);
}

static int spelling_compare(const void *a, const void *b) {
  const struct spelling *x = a, *y = b;
  return x->module != y->module ? (x->module < y->module ? -1 : 1) : strcmp(x->text, y->text);
}

static int text_compare(const void *a, const void *b) { return strcmp(a, b); }

/* Without a symbol's version; in words if it is mangled. */
static char *readable(const char *name) {
  char *copy = must_print("%.*s", (int)strcspn(name, "@"), name), *words = NULL;
  if (copy[0] == '_' && (copy[1] == 'Z' || copy[1] == 'R'))
    words = cplus_demangle(copy, DMGL_AUTO | DMGL_ANSI);
  if (words == NULL)
    return copy;
  free(copy);
  return words;
}

/* A file's own names may have any bytes, mangled ones, too. */
static char *shown_name(const char *name) {
  char *words = readable(name), *shown = utf8_shown(words);
  free(words);
  return shown;
}

/* Takes a text, or NULL, and keeps one copy. */
static char *text_keep(struct functions *f, char *text) {
  if (text == NULL)
    return NULL;
  char **place = must_have(tsearch(text, &f->texts, text_compare));
  if (*place != text)
    free(text);
  return *place;
}

static struct function function_new(struct functions *f, const char *name) {
  struct function new = {
      .name = name, .folded = f->fold != NULL && fold_holds(f->fold, name), .says = says_of(name)};
  new.says.type = text_keep(f, new.says.type);
  new.says.value = text_keep(f, new.says.value);
  return new;
}

const struct function *functions_get(struct functions *f, uint32_t module, const char *name) {
  struct spelling wanted = {.module = module, .text = (char *)name};
  struct spelling **place = must_have(tsearch(&wanted, &f->spellings, spelling_compare));
  if (*place != &wanted)
    return (*place)->function;
  struct spelling *e = *place = must_zalloc(1, sizeof *e);
  *e = (struct spelling){.module = module, .text = must_copy(name)};
  char *shown = shown_name(name);
  if (strcmp(shown, name) != 0) {
    e->function = functions_get(f, module, shown);
  } else {
    e->owned = function_new(f, e->text);
    e->function = &e->owned;
  }
  free(shown);
  return e->function;
}

const char *functions_text(struct functions *f, const char *text) {
  return text_keep(f, utf8_shown(text));
}
