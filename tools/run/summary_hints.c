/* Looks for what is not shown; contract in summary_hints.h. */
#include "summary_hints.h"
#include "cuts.h"
#include "runtime.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether a part is a hundredth of the whole or more. */
static bool matters(uint64_t part, uint64_t whole) { return part > 0 && part >= whole / 100; }

static bool row_matters(const struct dump_account *sum, const struct dump_account *total) {
  return matters(sum->live_bytes, total->live_bytes) ||
         matters(sum->at_peak_bytes, total->at_peak_bytes) || matters(sum->allocs, total->allocs);
}

/* Paths hide something when they were cut before the first function of the program's own, and are
 * not the runtime's; returns how many call sites have one. */
static uint32_t hidden_mark(const struct session *s, bool hidden[]) {
  bool *cut = cuts_sites(s->dump, s->names);
  bool *runtime = runtime_paths(s->paths, s->dump, s->names);
  uint32_t count = 0;
  for (uint32_t i = 0; i < s->dump->n_sites; i++) {
    uint32_t path = s->paths->of_node[s->dump->sites[i].node];
    if (cut[i] && s->own[path] == PATH_ROOT && !runtime[path]) {
      hidden[path] = true;
      count++;
    }
  }
  free(runtime);
  free(cut);
  return count;
}

char *hint_cut(const struct session *s) {
  const struct row *total = &s->rows->total;
  bool *hidden = must_zalloc(s->paths->count, sizeof *hidden);
  uint32_t count = hidden_mark(s, hidden), depth = s->dump->process->depth;
  struct row sum = {0};
  for (uint32_t i = 0; i < s->rows->count; i++)
    if (s->rows->items[i].kind == DUMP_SITE_PATH && hidden[s->rows->items[i].key])
      row_join(&sum, &s->rows->items[i]);
  free(hidden);
  if (!row_matters(&sum.sum, &total->sum))
    return NULL;
  unsigned remedy = cuts_remedy(s->dump);
  char *more = remedy > 0 ? must_print(": --tag stack:%u", remedy) : must_copy("");
  char *line = must_print("%u of %u paths %s cut at %u frames, inside libraries%s\n", count,
                          s->dump->n_sites, count == 1 ? "was" : "were", depth, more);
  free(more);
  return line;
}

/* Whether a module's file can be read here: else it is not known what it holds, and the warning
 * about names says so. */
static bool is_here(const struct session *s, uint32_t module) {
  const char *path = dump_text(s->dump, s->dump->modules[module - 1].path);
  return strchr(path, '/') != NULL && access(path, R_OK) == 0;
}

/* What is below /usr was compiled by somebody else. */
static const char *remedy_of(const struct session *s, uint32_t module) {
  const char *path = dump_text(s->dump, s->dump->modules[module - 1].path);
  return text_starts(path, "/usr/") && !text_starts(path, "/usr/local/")
             ? "install its package of debug symbols"
             : "compile it with -g";
}

/* The program's own file, the first of all, by the name that it was started by: redis-server is a
 * link to redis-check-rdb.  To be freed. */
static char *called(const struct session *s, uint32_t module) {
  const char *file = names_module(s->names, module);
  const char *program = dump_text(s->dump, s->dump->process->program);
  return module != 1 || s->dump->process->reason == DUMP_MERGED || strcmp(file, program) == 0
             ? must_copy(file)
             : must_print("%s (%s)", program, file);
}

char *hint_no_lines(const struct session *s) {
  uint64_t *bytes = must_zalloc((size_t)s->dump->n_modules + 1, sizeof *bytes), all = 0;
  uint32_t most = 0;
  for (uint32_t i = 0; i < s->rows->count; i++) {
    const struct row *r = &s->rows->items[i];
    struct frame f;
    if (r->kind != DUMP_SITE_PATH || s->own[r->key] == PATH_ROOT)
      continue;
    paths_frame(s->paths, s->dump, s->names, s->own[r->key], &f);
    all += r->sum.bytes;
    if (f.file == NULL && (bytes[f.module] += r->sum.bytes) > bytes[most])
      most = f.module;
  }
  bool said = bytes[most] > 0 && bytes[most] >= all / 2 && is_here(s, most);
  free(bytes);
  if (!said)
    return NULL;
  char *name = called(s, most);
  char *words =
      must_print("%s has no debug information: %s to see lines\n", name, remedy_of(s, most));
  free(name);
  return words;
}
