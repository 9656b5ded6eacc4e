/* Finds the program's own functions; contract in own.h.  A path's parent stands before it. */
#include "own.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>

uint32_t *own_paths(const struct paths *p, const struct dump *d, const struct names *names) {
  uint32_t *own = must_zalloc(p->count, sizeof *own);
  struct frame f;
  for (uint32_t path = 1; path < p->count; path++) {
    own[path] = own[p->items[path].parent];
    if (own[path] != PATH_ROOT)
      continue;
    paths_frame(p, d, names, path, &f);
    if (frame_is_own(d, &f))
      own[path] = path;
  }
  return own;
}

static uint32_t function_text(const struct paths *p, const struct dump *d,
                              const struct names *names, uint32_t path, struct trie *texts) {
  struct text text;
  struct frame f;
  FILE *to = text_start(&text);
  paths_frame(p, d, names, path, &f);
  paths_print_frame(p, d, names, path, to);
  if (f.function != NULL && f.label == NULL && f.file != NULL)
    fprintf(to, " (%s)", file_base(f.file));
  uint32_t number = trie_text(texts, text_end(to, &text));
  free(text.at);
  return number;
}

uint32_t *own_functions(const struct paths *p, const struct dump *d, const struct names *names,
                        const uint32_t *own, struct trie *texts) {
  uint32_t *functions = must_zalloc(p->count, sizeof *functions);
  for (uint32_t path = 1; path < p->count; path++) {
    uint32_t parent = p->items[path].parent;
    if (own[path] == path || (own[path] == PATH_ROOT && p->items[parent].inner == 0))
      functions[path] = function_text(p, d, names, path, texts);
    else
      functions[path] = functions[parent];
  }
  return functions;
}
