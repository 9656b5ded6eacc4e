/* Names call sites; contract in metrics_sites.h. */
#include "metrics_sites.h"
#include "say.h"
#include "session.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* ---- what one row is called ---- */

/* FNV-1a, of each text and its final NUL. */
static uint64_t hash_add(uint64_t hash, const char *text) {
  do
    hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
  while (*text++ != '\0');
  return hash;
}

static char *frame_name(const struct session *s, uint32_t path) {
  struct text text;
  FILE *to = text_start(&text);
  session_frame_print(s, path, FRAME_NAME, to);
  return text_end(to, &text);
}

static uint64_t row_id(const struct session *s, const struct row *r) {
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  if (row_title(r) != NULL)
    hash = hash_add(hash, row_title(r));
  for (uint32_t path = r->key; path != PATH_ROOT; path = s->paths->items[path].parent) {
    char *name = frame_name(s, path);
    hash = hash_add(hash, name);
    free(name);
  }
  return hash;
}

/* The path up to the function that is shown: the innermost own one, else the innermost. */
static uint32_t shown_path(const struct session *s, const struct row *r) {
  uint32_t path = s->own[r->key];
  if (path == PATH_ROOT)
    for (path = r->key; s->paths->items[path].parent != PATH_ROOT;)
      path = s->paths->items[path].parent;
  return path;
}

static char *row_function(const struct session *s, const struct row *r) {
  return row_title(r) != NULL ? must_copy(row_title(r)) : frame_name(s, shown_path(s, r));
}

static char *row_place(const struct session *s, const struct row *r) {
  struct frame f = {.line = 0};
  if (row_title(r) == NULL)
    paths_frame(s->paths, s->dump, s->names, shown_path(s, r), &f);
  if (f.file == NULL || f.line == 0)
    return must_copy("");
  return must_print("%s:%u", file_base(f.file), f.line);
}

/* ---- all of them ---- */

static int by_id(const void *a, const void *b) {
  const struct metrics_site *x = a, *y = b;
  return x->id != y->id ? (x->id > y->id ? 1 : -1) : strcmp(x->place, y->place);
}

static int by_live(const void *a, const void *b) {
  const struct metrics_site *x = a, *y = b;
  uint64_t p = x->row.sum.live_bytes, q = y->row.sum.live_bytes;
  return p != q ? (p > q ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

static void site_free(struct metrics_site *s) {
  free(s->function);
  free(s->place);
}

/* Rows of the same functions, which stand side by side, become one. */
static void same_join(struct metrics_sites *s) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < s->count; i++) {
    if (kept > 0 && s->items[kept - 1].id == s->items[i].id) {
      row_join(&s->items[kept - 1].row, &s->items[i].row);
      site_free(&s->items[i]);
    } else {
      s->items[kept++] = s->items[i];
    }
  }
  s->count = kept;
}

static void rest_join(struct metrics_sites *s, unsigned long most) {
  for (; s->count > most; s->count--) {
    row_join(&s->rest, &s->items[s->count - 1].row);
    site_free(&s->items[s->count - 1]);
  }
}

static void sites_sort(struct metrics_sites *s, int (*compare)(const void *, const void *)) {
  if (s->count > 0)
    qsort(s->items, s->count, sizeof *s->items, compare);
}

struct metrics_sites metrics_sites_new(const struct dump *d, const struct option_names *names,
                                       unsigned long most) {
  struct metrics_sites s = {.waste = waste_known(d)};
  if (d->n_accounts == 0 || most == 0)
    return s;
  struct session session;
  session_open(&session, d, names, ROW_PATH);
  s.items = must_zalloc(session.rows->count, sizeof *s.items);
  for (uint32_t i = 0; i < session.rows->count; i++) {
    const struct row *r = &session.rows->items[i];
    s.items[s.count++] = (struct metrics_site){row_id(&session, r), row_function(&session, r),
                                               row_place(&session, r), *r};
  }
  session_close(&session);
  sites_sort(&s, by_id);
  same_join(&s);
  sites_sort(&s, by_live);
  rest_join(&s, most);
  return s;
}

void metrics_sites_free(struct metrics_sites *s) {
  for (uint32_t i = 0; i < s->count; i++)
    site_free(&s->items[i]);
  free(s->items);
}
