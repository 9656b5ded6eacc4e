/* Collects the frames of all paths; contract in export_frames.h.
 *
 * Those alone that a row, a site or a region shows; equal ones are found in a tree of libc's.
 */
#include "export_frames.h"
#include "export_rows.h"
#include "say.h"
#include "text.h"
#include "utf8_copy.h"

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
  if (x->inlined != y->inlined)
    return x->inlined ? 1 : -1;
  int names = strcmp(x->name, y->name), files = texts_compare(x->file, y->file);
  return names != 0 ? names : files != 0 ? files : texts_compare(x->type, y->type);
}

static char *utf8_owned(char *text) {
  char *valid = utf8_copy(text);
  free(text);
  return valid;
}

static char *frame_name(const struct session *s, uint32_t path) {
  struct text text;
  FILE *to = text_start(&text);
  session_frame_print(s, path, FRAME_NAME, to);
  return utf8_owned(text_end(to, &text));
}

static struct export_frame frame_read(const struct session *s, uint32_t path,
                                      enum frames_detail detail) {
  struct frame shown;
  paths_frame(s->paths, s->dump, s->names, path, &shown);
  struct export_frame f = {.name = frame_name(s, path),
                           .is_function = shown.function != NULL,
                           .is_cut = shown.cut != NULL,
                           .file = shown.file != NULL ? utf8_copy(shown.file) : NULL};
  if (detail == FRAMES_FUNCTIONS)
    return f;
  f.type = shown.type != NULL ? utf8_copy(shown.type) : NULL;
  f.line = shown.line;
  f.inlined = shown.inlined;
  f.module = shown.module;
  f.address = shown.address > 0 ? shown.address - 1 : 0;
  return f;
}

/* An item is added whole or not at all. */
static uint32_t frame_add(struct export_frames *f, const struct export_frame *frame) {
  f->items[f->count] = *frame;
  return f->count++;
}

/* Takes the frame's texts. */
static uint32_t frame_index(struct export_frames *f, const struct export_frame *frame) {
  struct export_frame **found = tfind(frame, &f->tree, frame_compare);
  if (found == NULL) {
    uint32_t index = frame_add(f, frame);
    must_have(tsearch(&f->items[index], &f->tree, frame_compare));
    return index;
  }
  free(frame->name);
  free(frame->file);
  free(frame->type);
  return (uint32_t)(*found - f->items);
}

static void words_use(struct export_frames *f, const struct row *r) {
  if (f->of_words[r->kind] == 0)
    f->of_words[r->kind] =
        frame_add(f, &(struct export_frame){.name = must_copy(row_title(r))}) + 1;
}

/* What a path's parent shows is collected by then, if the path is. */
static void row_use(struct export_frames *f, const struct row *r, enum frames_detail detail) {
  const struct session *s = f->session;
  for (uint32_t path = r->key; path != PATH_ROOT && f->of_path[path] == 0;
       path = s->paths->items[path].parent) {
    struct export_frame frame = frame_read(s, path, detail);
    f->of_path[path] = frame_index(f, &frame) + 1;
  }
  if (row_title(r) != NULL)
    words_use(f, r);
}

/* Rows alone would do for most formats, but sites and regions have paths, too. */
static void all_use(struct export_frames *f, enum frames_detail detail) {
  const struct dump *d = f->session->dump;
  for (uint32_t i = 0; i < d->n_sites; i++) {
    struct row r = export_site(f->session, i);
    row_use(f, &r, detail);
  }
  for (uint32_t i = 0; i < d->n_regions; i++)
    row_use(f, &(struct row){.key = f->session->paths->of_node[d->regions[i].node]}, detail);
}

struct export_frames *frames_new(const struct session *s, enum frames_detail detail) {
  struct export_frames *f = must_zalloc(1, sizeof *f);
  f->session = s;
  f->items = must_zalloc((size_t)s->paths->count + ROW_KINDS, sizeof *f->items);
  f->of_path = must_zalloc(s->paths->count, sizeof *f->of_path);
  for (uint32_t i = 0; i < s->rows->count; i++)
    row_use(f, &s->rows->items[i], detail);
  if (detail == FRAMES_CALLS)
    all_use(f, detail);
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
    free(f->items[i].type);
  }
  free(f->items);
  free(f->of_path);
  free(f);
}

uint32_t frames_of_row(const struct export_frames *f, const struct row *r,
                       uint32_t frames[FRAMES_MAX]) {
  uint32_t n = 0;
  for (uint32_t path = r->key; path != PATH_ROOT; path = f->session->paths->items[path].parent)
    frames[n++] = f->of_path[path] - 1;
  if (row_title(r) != NULL)
    frames[n++] = f->of_words[r->kind] - 1;
  return n;
}
