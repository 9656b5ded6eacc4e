/* Finds call sites of the runtime; contract in runtime.h.  A path's parent stands before it. */
#include "runtime.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* The file of a frame's module, without directories; "" when it has none. */
static const char *module_of(const struct dump *d, const struct frame *f) {
  return f->module == 0 ? "" : file_base(dump_text(d, d->modules[f->module - 1].path));
}

static bool is_loader(const char *module) {
  return text_starts(module, "ld-linux") || text_starts(module, "ld-musl");
}

/* The pool's constructor is a local function: without debug symbols it has no name, and then what
 * stands here is where it was inlined.  Functions that programs call have names. */
static bool is_pool(const struct frame *f, const char *module) {
  return text_starts(module, "libstdc++.so") &&
         (f->function == NULL || strstr(f->function, "pool") != NULL ||
          text_starts(f->function, "_GLOBAL__"));
}

/* What a path's frames say so far, from the innermost outwards. */
enum { NOTHING, LOADER, POOL };

static uint8_t seen_next(uint8_t inner, bool is_first, const struct frame *f, const char *module) {
  if (f->label != NULL)
    return inner;
  if (is_first)
    return is_loader(module) ? LOADER : is_pool(f, module) ? POOL : NOTHING;
  return inner == POOL && !is_loader(module) && !is_pool(f, module) ? NOTHING : inner;
}

bool *runtime_paths(const struct paths *p, const struct dump *d, const struct names *names) {
  uint8_t *seen = must_zalloc(p->count, sizeof *seen);
  bool *runtime = must_zalloc(p->count, sizeof *runtime);
  struct frame f;
  for (uint32_t path = 1; path < p->count; path++) {
    uint32_t parent = p->items[path].parent;
    paths_frame(p, d, names, path, &f);
    seen[path] = seen_next(seen[parent], p->items[parent].inner == 0, &f, module_of(d, &f));
    runtime[path] = p->items[path].inner != 0 && seen[path] != NOTHING;
  }
  free(seen);
  return runtime;
}
