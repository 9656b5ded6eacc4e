/* Reads the options; contract in metrics_options.h. */
#include "metrics_options.h"
#include "say.h"
#include "text.h"
#include "words.h"

#include "../../shim/metrics_format.h"

#include <stdlib.h>

enum { KEY_FORMAT = 256, KEY_ALL };

static const struct argp_option options[] = {
    {"all", KEY_ALL, NULL, 0,
     "All processes of this machine that run under the shim and can be read, instead of PIDs", 0},
    {"rows", 'n', "ROWS", 0,
     "How many call sites a process has, those that hold most (default: 20; 0: none)", 0},
    {"format", KEY_FORMAT, "openmetrics|prometheus", 0,
     "The text's format (default: openmetrics; prometheus where OUT ends with .prom, as "
     "node_exporter's "
     "textfile directory wants it)",
     0},
    {"output", 'o', "OUT", 0,
     "Write to OUT, which is replaced when all is written (default: standard output)", 0},
    {0}};

static void format_read(struct argp_state *state, struct metrics_options *o, const char *word) {
  static const char *const words[] = {"openmetrics", "prometheus", NULL};
  o->prometheus = option_choice(state, "format", word, words) == 1;
  o->has_format = true;
}

static void what_add(struct metrics_options *o, char *word) {
  o->what = must_resize(o->what, o->count + 1, sizeof *o->what);
  o->what[o->count++] = word;
}

static error_t end_check(struct argp_state *state, const struct metrics_options *o) {
  const char *first = o->count > 0 ? o->what[0] : o->set.count > 0 ? o->set.names[0] : NULL;
  if (first == NULL && !o->all)
    words_fail(state, "name a PID, a FILE or a directory, or --all: `arenashim ps` lists the "
                      "processes under the shim");
  if (first != NULL && o->all)
    words_fail(state, "--all or %s: one of them", first);
  return 0;
}

static error_t what_read(int key, char *word, struct argp_state *state, struct metrics_options *o) {
  if (key == ARGP_KEY_END)
    return end_check(state, o);
  if (key != ARGP_KEY_ARG)
    return ARGP_ERR_UNKNOWN;
  if (inputs_is_several(word))
    return option_files_read(key, word, state, &o->set);
  what_add(o, word);
  return 0;
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct metrics_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->names;
    return 0;
  case KEY_ALL:
    o->all = true;
    return 0;
  case 'n':
    o->rows = option_rows(state, word, "call sites, 0 for none");
    return 0;
  case KEY_FORMAT:
    format_read(state, o, word);
    return 0;
  case 'o':
    o->out = word;
    return 0;
  default:
    return what_read(key, word, state, o);
  }
}

void metrics_options_read(struct metrics_options *o, int argc, char **argv) {
  static const struct argp_child children[] = {{&option_names_argp, 0, NULL, 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      "PID|FILE|DIR...",
      "Prints figures of processes, or of their dumps and records, as text that Prometheus and "
      "OpenTelemetry's collector read: live, mapped and resident bytes, the ledger, arenas by the "
      "names of their threads, size classes, and the call sites that hold most.\vEach PID and FILE "
      "has samples of its own; the dumps and records of DIRs, or of - (a list on standard input), "
      "are added up: one process, with pid 0. A call site keeps "
      "its id while the functions of its path keep their names. ARENASHIM_METRICS=FILE has a "
      "process write the same text, without call sites, by itself.",
      children,
      NULL,
      NULL};
  *o = (struct metrics_options){.names = {.fold = fold_new(), .join_runtime = true}, .rows = 20};
  words_parse(&parser, argc, argv, 0, o);
  if (!o->has_format && o->out != NULL)
    o->prometheus = text_ends(o->out, METRICS_PROMETHEUS);
}

void metrics_options_free(struct metrics_options *o) {
  free(o->what);
  inputs_free(&o->set);
  fold_free(o->names.fold);
}
