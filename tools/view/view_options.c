/* Options of commands that show a dump; contract in view_options.h. */
#include "view_options.h"
#include "mapped.h"
#include "set.h"
#include "source.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static enum sort option_sort(struct argp_state *state, const char *option, const char *word) {
  static const char *const words[] = {"live", "peak", "allocs", "bytes", "waste", NULL};
  return (enum sort)option_choice(state, option, word, words);
}

double option_percent(struct argp_state *state, const char *option, const char *word) {
  char *end;
  double percent = strtod(word, &end);
  if (*word < '0' || *word > '9' || *end != '\0' || !isfinite(percent))
    words_fail(state, "--%s=%s: give a percentage, such as 5 or 2.5", option, word);
  return percent;
}

uint64_t option_count(struct argp_state *state, const char *option, const char *word) {
  uint64_t count = 0;
  if (!units_count_read(word, &count))
    words_fail(state, "--%s=%s: give a number", option, word);
  return count;
}

uint64_t option_size(struct argp_state *state, const char *option, const char *word) {
  uint64_t size = 0;
  if (!units_read(word, &size))
    words_fail(state, "--%s=%s: give bytes, such as 500000, 64K, 20MiB or 1G", option, word);
  return size;
}

enum { KEY_ALL = 656, KEY_EXACT };

static const struct argp_option options[] = {
    {"rows", 'n', "ROWS", 0, "How many rows of a table (0: all)", 0},
    {"all", KEY_ALL, NULL, 0,
     "On a terminal, too: all rows, all columns and each path whole, however long that gets", 0},
    {"exact", KEY_EXACT, NULL, 0, "On a terminal, too: all digits of each number", 0},
    {0}};

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct view_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->names;
    return 0;
  case 'n':
    o->rows = option_rows(state, word, "rows, 0 for all");
    return 0;
  case KEY_ALL:
    o->all = true;
    return 0;
  case KEY_EXACT:
    o->exact = true;
    return 0;
  default:
    return o->apart ? ARGP_ERR_UNKNOWN : option_files_read(key, word, state, &o->files);
  }
}

static const struct argp_child names_children[] = {{&option_names_argp, 0, NULL, 0}, {0}};
static const struct argp view_argp = {options, option_read, NULL, NULL, names_children, NULL, NULL};
const struct argp_child option_view_children[] = {{&view_argp, 0, NULL, 0}, {0}};

static enum row_by by_read(struct argp_state *state, const char *word) {
  static const char *const words[] = {
      [ROW_PATH] = "site", [ROW_FUNCTION] = "function", [ROW_MODULE] = "module", NULL};
  return (enum row_by)option_choice(state, "by", word, words);
}

error_t option_view_pass(int key, char *word, struct argp_state *state) {
  struct view_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = o;
    return 0;
  case OPTION_SORT:
    o->sort = option_sort(state, "sort", word);
    return 0;
  case OPTION_VALUE:
    o->sort = option_sort(state, "value", word);
    return 0;
  case OPTION_BY:
    o->by = by_read(state, word);
    return 0;
  case OPTION_KIND:
    o->mapped = option_kind(state, word);
    return 0;
  case OPTION_LINES:
    o->names.merge = PATHS_LINES;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

void view_parse(const struct argp *parser, struct view_options *o, unsigned flags, int argc,
                char **argv) {
  o->names.fold = fold_new();
  words_parse(parser, argc, argv, flags, o);
  o->file = inputs_title(&o->files);
  o->old = o->olds.count > 0 ? inputs_title(&o->olds) : NULL;
}

int view_show(struct view_options *o, view_writer *write) {
  size_t unread = 0, old_unread = 0;
  struct dump *old = o->old != NULL ? set_open(&o->olds, source_dump, &old_unread) : NULL;
  struct dump *d = o->old != NULL && old == NULL ? NULL : set_open(&o->files, source_dump, &unread);
  bool shown =
      d != NULL &&
      (!o->mapped || ((old == NULL || mapped_show(old, o->old)) && mapped_show(d, o->file)));
  int status = shown ? write(o, old, d, stdout) : 2;
  dump_close(d);
  dump_close(old);
  inputs_free(&o->files);
  inputs_free(&o->olds);
  fold_free(o->names.fold);
  return status == 0 && unread + old_unread > 0 ? 2 : status;
}

int view_run(const struct argp *parser, struct view_options *o, view_writer *write, int argc,
             char **argv) {
  view_parse(parser, o, 0, argc, argv);
  return view_show(o, write);
}
