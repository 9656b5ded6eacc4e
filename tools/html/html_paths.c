/* Call paths and frames in a page; contract in html_paths.h. */
#include "html_paths.h"
#include "say.h"

#include <stdlib.h>

void page_paths_open(struct page_paths *p, const struct session *s, struct terms *strings,
                     FILE *to) {
  *p = (struct page_paths){.dump = s->dump, .session = s, .strings = strings, .to = to};
  p->paths = paths_new(s->dump, s->names, PATHS_LINES, true);
  p->used = must_zalloc(p->paths->count, sizeof *p->used);
}

void page_paths_close(struct page_paths *p) {
  free(p->used);
  paths_free(p->paths);
}

void page_table_write(const struct page_paths *p, const char *id, const struct column *columns,
                      const void *items, size_t item_bytes, size_t count) {
  html_table(&(struct table_json){id, columns, items, item_bytes, count, p->dump}, p->strings,
             p->to);
}

void page_path_need(struct page_paths *p, uint32_t path) {
  for (; path != PATH_ROOT && p->used[path] == 0; path = p->paths->items[path].parent)
    p->used[path] = 1;
}

void page_paths_number(struct page_paths *p) {
  for (uint32_t i = 0; i < p->paths->count; i++)
    if (p->used[i] != 0)
      p->used[i] = ++p->count;
}

uint32_t page_path(const struct page_paths *p, uint32_t path) { return p->used[path]; }

uint32_t page_path_own(const struct page_paths *p, uint32_t path) {
  uint32_t own = PATH_ROOT;
  for (; path != PATH_ROOT && p->paths->items[path].own; path = p->paths->items[path].parent)
    own = path;
  return p->used[own];
}

/* Texts are numbers of the page's strings already. */
struct page_frame {
  uint32_t function, label, cut, file, type, module;
  uint32_t line;    /* of the call; 0: not known */
  uint32_t inlined; /* 1: into the frame that comes next */
  uint64_t offset;  /* of the return address in its module; 0: it is one of several */
  uint64_t inside;  /* the same in its function, shown in place of a line; 0: don't */
};

uint32_t page_text(const struct page_paths *p, const char *text) {
  return text != NULL ? terms_add(p->strings, text) : 0;
}

/* Only an innermost frame, and one without a name, has an address of its own: calls of a function
 * from lines that are not known are one frame. */
static struct page_frame frame_of(const struct page_paths *p, uint32_t path) {
  struct frame f;
  paths_frame(p->paths, p->dump, p->session->names, path, &f);
  bool inner = p->paths->items[p->paths->items[path].parent].inner == 0;
  bool one = f.function == NULL ? f.module != 0 || f.address != 0 : inner && f.line == 0;
  uint64_t bias = f.module != 0 ? p->dump->modules[f.module - 1].bias : 0;
  return (struct page_frame){
      .function = page_text(p, f.function),
      .label = page_text(p, f.label),
      .cut = page_text(p, f.cut),
      .file = page_text(p, f.file),
      .type = page_text(p, f.type),
      .module = f.module,
      .line = f.line,
      .inlined = f.inlined,
      .offset = one && f.label == NULL ? f.address - bias : 0,
      .inside = one && f.function != NULL && f.start != 0 ? f.address - f.start : 0,
  };
}

struct page_path {
  uint32_t parent, frame;
  uint32_t far; /* 1: an inner frame is in the program's own source */
};

/* Equal frames are one. */
static uint32_t frame_number(struct terms *frames, const struct page_frame *f) {
  char key[192];
  snprintf(key, sizeof key, "%u %u %u %u %u %u %u %u %llx %llx", f->function, f->label, f->cut,
           f->file, f->type, f->module, f->line, f->inlined, (unsigned long long)f->offset,
           (unsigned long long)f->inside);
  return terms_add(frames, key);
}

static void frames_write(const struct page_paths *p, const struct page_frame *frames,
                         uint32_t count) {
  static const struct column columns[] = {COLUMN(page_frame, function),
                                          COLUMN(page_frame, label),
                                          COLUMN(page_frame, cut),
                                          COLUMN(page_frame, file),
                                          COLUMN(page_frame, type),
                                          COLUMN(page_frame, module),
                                          COLUMN(page_frame, line),
                                          COLUMN(page_frame, inlined),
                                          COLUMN(page_frame, offset),
                                          COLUMN(page_frame, inside),
                                          {0}};
  page_table_write(p, "frames", columns, frames, sizeof *frames, count);
}

void page_paths_write(const struct page_paths *p) {
  static const struct column columns[] = {
      COLUMN(page_path, parent), COLUMN(page_path, frame), COLUMN(page_path, far), {0}};
  struct page_path *paths = must_alloc(p->count * sizeof *paths), *next = paths;
  struct page_frame *frames = must_alloc(p->count * sizeof *frames);
  struct terms *numbers = terms_new();
  const struct path *items = p->paths->items;
  for (uint32_t i = 1; i < p->paths->count; i++) {
    if (p->used[i] == 0)
      continue;
    struct page_frame f = frame_of(p, i);
    uint32_t number = frame_number(numbers, &f);
    frames[number] = f;
    *next++ = (struct page_path){
        .parent = p->used[items[i].parent], .frame = number + 1, .far = items[items[i].parent].own};
  }
  page_table_write(p, "paths", columns, paths, sizeof *paths, p->count);
  frames_write(p, frames, terms_count(numbers));
  terms_free(numbers);
  free(frames);
  free(paths);
}
