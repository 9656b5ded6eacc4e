/* The options of `arenashim report`; contract in report.h. */
#include "report.h"
#include "view_options.h"

enum { KEY_BY = 256 };

static const struct argp_option options[] = {
    {"by", KEY_BY, "site|function|arena|class|module|lifetime", 0, "What a row is (default: site)",
     0},
    {"sort", OPTION_SORT, OPTION_SORT_WORDS "|resident", 0,
     "Largest first of these (default: live)", 0},
    {"value", OPTION_VALUE, OPTION_SORT_WORDS "|resident", 0, "The same as --sort", 0},
    OPTION_KIND_ROW,
    OPTION_LINES_ROW,
    {0}};

static enum report_by by_read(struct argp_state *state, const char *word) {
  static const char *const words[] = {"site",   "function", "arena", "class",
                                      "module", "lifetime", NULL};
  return (enum report_by)(BY_SITE + option_choice(state, "by", word, words));
}

static enum sort sort_read(struct argp_state *state, const char *option, const char *word) {
  static const char *const words[] = {"live", "peak", "allocs", "bytes", "waste", "resident", NULL};
  int choice = option_choice(state, option, word, words);
  return choice > SORT_WASTE ? (enum sort)SORT_RESIDENT : (enum sort)choice;
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct report_options *o = state->input;
  switch (key) {
  case KEY_BY:
    o->by = by_read(state, word);
    return 0;
  case OPTION_SORT:
    o->view.sort = sort_read(state, "sort", word);
    return 0;
  case OPTION_VALUE:
    o->view.sort = sort_read(state, "value", word);
    return 0;
  default:
    return option_view_pass(key, word, state);
  }
}

const struct argp report_argp = {
    options,
    option_read,
    "FILE...",
    "Shows who holds the memory of a program: call sites, functions, arenas, size classes or "
    "modules of a dump that libarenashim.so wrote.\v--by function adds up the call sites of each "
    "function of the program's own source, whatever it called to get the memory. --by lifetime "
    "shows "
    "how long each call site's freed objects lived, counted in allocations of their arena, and "
    "which mix short and long lives. Bytes are as "
    "requested; waste is what rounding and the free cells of half-empty slabs cost. --sort peak is "
    "by what was held at the process's peak (at peak); peak is each row's own. <= marks an upper "
    "bound, ~ an estimate. On a terminal bytes are in KiB, MiB and GiB (powers of 1024) and counts "
    "in k and M, with three digits. --sort resident shows what live objects have in memory: their "
    "share of the pages that they lie on. temp: share of the objects that were freed within the "
    "burst "
    "that allocated them (not known with samples).",
    option_view_children,
    NULL,
    NULL};
