/* The options of `arenashim report`; contract in report.h. */
#include "report.h"
#include "view_options.h"
#include "words.h"

enum { KEY_BY = 256, KEY_SORT };

static const struct argp_option options[] = {
    {"by", KEY_BY, "site|function|arena|class|module", 0, "What a row is (default: site)", 0},
    {"sort", KEY_SORT, OPTION_SORT_WORDS, 0, "Largest first of these (default: live)", 0},
    OPTION_LINES_ROW,
    {0}};

static enum report_by by_read(struct argp_state *state, const char *word) {
  static const char *const words[] = {"site", "function", "arena", "class", "module", NULL};
  return (enum report_by)(BY_SITE + option_choice(state, "by", word, words));
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct report_options *o = state->input;
  switch (key) {
  case KEY_BY:
    o->by = by_read(state, word);
    return 0;
  case KEY_SORT:
    o->view.sort = option_sort(state, "sort", word);
    return 0;
  case OPTION_LINES:
    o->view.names.merge = PATHS_LINES;
    return 0;
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->view;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

void report_options_read(struct report_options *o, int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_read,
      "FILE",
      "Shows who holds the memory of a program: call sites, functions, arenas, size classes or "
      "modules of a dump that libarenashim.so wrote.\v--by function adds up the call sites of each "
      "function of the program's own source, whatever it called to get the memory. Bytes are as "
      "requested; waste is what rounding and the "
      "free cells of half-empty slabs cost. --sort peak is by what was held at the process's peak "
      "(at peak); peak is each row's own. <= marks an upper bound, ~ an estimate; on a terminal "
      "K, M, G are powers of 1000. temp: share of "
      "the objects that were freed within the burst that allocated them (not known with samples).",
      option_view_children,
      NULL,
      NULL};
  *o = (struct report_options){.view = {.rows = 20, .names.fold = fold_new()}};
  words_parse(&parser, argc, argv, 0, o);
}
