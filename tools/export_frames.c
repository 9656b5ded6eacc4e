/* Collects the frames of all paths; contract in export_frames.h.
 *
 *   items   [words of rows without a path]...  [frames of paths]...
 *
 * Words come first, at an index by their kind; equal frames are found in a tree of libc's.
 */
#include "export_frames.h"
#include "say.h"
#include "utf8.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int texts_compare(const char *a, const char *b) {
  return strcmp(a != NULL ? a : "", b != NULL ? b : "");
}

static int frame_compare(const void *a, const void *b) {
  const struct export_frame *x = a, *y = b;
  if (x->address != y->address)
    return x->address < y->address ? -1 : 1;
  if (x->module != y->module)
    return x->module < y->module ? -1 : 1;
  if (x->line != y->line)
    return x->line < y->line ? -1 : 1;
  int names = strcmp(x->name, y->name);
  return names != 0 ? names : texts_compare(x->file, y->file);
}

static char *utf8_owned(char *text) {
  char *valid = utf8_copy(text);
  free(text);
  return valid;
}

static char *frame_name(const struct export *e, uint32_t path) {
  char *text = NULL;
  size_t length = 0;
  FILE *to = must_have(open_memstream(&text, &length));
  paths_print_frame(e->paths, e->dump, e->names, path, to);
  fclose(to);
  return utf8_owned(must_have(text));
}

static struct export_frame frame_read(const struct export *e, uint32_t path,
                                      enum frames_detail detail) {
  bool innermost = e->paths->items[e->paths->items[path].parent].inner == 0;
  struct frame shown;
  paths_frame(e->paths, e->dump, e->names, path, &shown);
  struct export_frame f = {.name = frame_name(e, path),
                           .is_function = shown.function != NULL,
                           .file = shown.file != NULL ? utf8_copy(shown.file) : NULL,
                           .line = shown.line};
  if (detail == FRAMES_FUNCTIONS) {
    f.line = innermost ? f.line : 0;
    return f;
  }
  f.module = shown.module;
  f.address = shown.address > 0 ? shown.address - 1 : 0;
  return f;
}

/* Takes the frame's texts. */
static uint32_t frame_index(struct export_frames *f, const struct export_frame *frame) {
  f->items[f->count] = *frame;
  struct export_frame *new = &f->items[f->count];
  struct export_frame **found = must_have(tsearch(new, &f->tree, frame_compare));
  if (*found == new)
    return f->count++;
  free(new->name);
  free(new->file);
  return (uint32_t)(*found - f->items);
}

static void words_add(struct export_frames *f) {
  for (uint32_t kind = 0; kind < ROW_KINDS; kind++) {
    const char *words = row_words(&(struct row){.kind = kind});
    f->items[f->count++].name = must_copy(words != NULL ? words : "(no path)");
  }
}

struct export_frames *frames_new(const struct export *e, enum frames_detail detail) {
  struct export_frames *f = must_zalloc(1, sizeof *f);
  f->items = must_zalloc((size_t)e->paths->count + ROW_KINDS, sizeof *f->items);
  f->of_path = must_zalloc(e->paths->count, sizeof *f->of_path);
  words_add(f);
  for (uint32_t path = PATH_ROOT + 1; path < e->paths->count; path++) {
    struct export_frame frame = frame_read(e, path, detail);
    f->of_path[path] = frame_index(f, &frame);
  }
  return f;
}

static void leave(void *node) { (void)node; }

void frames_free(struct export_frames *f) {
  if (f == NULL)
    return;
  tdestroy(f->tree, leave);
  for (uint32_t i = 0; i < f->count; i++) {
    free(f->items[i].name);
    free(f->items[i].file);
  }
  free(f->items);
  free(f->of_path);
  free(f);
}

uint32_t frames_of_row(const struct export *e, const struct row *r, uint32_t frames[FRAMES_MAX]) {
  uint32_t n = 0;
  for (uint32_t path = r->key; path != PATH_ROOT; path = e->paths->items[path].parent)
    frames[n++] = e->frames->of_path[path];
  if (n == 0 || row_words(r) != NULL)
    frames[n++] = row_kind(r->kind);
  return n;
}
