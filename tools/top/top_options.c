/* Reads the options; contract in top_options.h. */
#include "top_options.h"
#include "inputs.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_ONCE = 256, KEY_JSON, KEY_INTERVAL, KEY_SORT, KEY_BY };

static const struct argp_option options[] = {
    {"once", KEY_ONCE, NULL, 0, "Print one screen as text: two readings an interval apart", 0},
    {"json", KEY_JSON, NULL, 0, "Print a line of JSON a reading, until the process has ended", 0},
    {"interval", KEY_INTERVAL, "SECONDS", 0, "Time between readings, 0.1 to 3600 (default: 1)", 0},
    {"sort", KEY_SORT, "live|growth|rate|waste", 0,
     "Largest first: live bytes (default), growth a minute, allocations a second, waste", 0},
    {"by", KEY_BY, "site|arena|class", 0,
     "What a row is (default: site; without tags: arena); keys change it on the screen", 0},
    {"rows", 'n', "ROWS", 0, "How many rows --once and --json have (default: 20; 0: all)", 0},
    {0}};

static uint64_t interval_read(struct argp_state *state, const char *word) {
  char *end;
  double seconds = strtod(word, &end);
  if (end == word || *end != '\0' || !(seconds >= 0.1 && seconds <= 3600))
    words_fail(state, "--interval=%s: give seconds, from 0.1 to 3600", word);
  return (uint64_t)(seconds * 1e9);
}

static void form_set(struct argp_state *state, struct top_options *o, enum top_form form) {
  if (o->form != FORM_SCREEN && o->form != form)
    words_fail(state, "--once or --json: one of them");
  o->form = form;
}

static error_t what_read(int key, char *word, struct argp_state *state, struct top_options *o) {
  if (key == ARGP_KEY_ARG && o->what != NULL)
    words_fail(state, "%s: one PID or FILE at a time, and %s is named already", word, o->what);
  if (key == ARGP_KEY_END && o->what == NULL)
    words_fail(state, "name a PID or FILE: `arenashim ps` lists the processes under the shim");
  if (key == ARGP_KEY_ARG && inputs_is_several(word))
    words_fail(state,
               "%s: top shows one process: name its PID or FILE; `arenashim report` shows the sums "
               "of a directory or a list",
               word);
  if (key == ARGP_KEY_ARG)
    o->what = word;
  return key == ARGP_KEY_ARG || key == ARGP_KEY_END ? 0 : ARGP_ERR_UNKNOWN;
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  static const char *const sorts[] = {"live", "growth", "rate", "waste", NULL};
  static const char *const groups[] = {"site", "arena", "class", NULL};
  struct top_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->names;
    return 0;
  case KEY_ONCE:
  case KEY_JSON:
    form_set(state, o, key == KEY_ONCE ? FORM_ONCE : FORM_JSON);
    return 0;
  case KEY_INTERVAL:
    o->interval_ns = interval_read(state, word);
    return 0;
  case KEY_SORT:
    o->sort = (enum top_sort)option_choice(state, "sort", word, sorts);
    return 0;
  case KEY_BY:
    o->by = (enum top_by)option_choice(state, "by", word, groups);
    o->has_by = true;
    return 0;
  case 'n':
    o->rows = option_rows(state, word, "rows, 0 for all");
    return 0;
  default:
    return what_read(key, word, state, o);
  }
}

void top_options_read(struct top_options *o, int argc, char **argv) {
  static const struct argp_child children[] = {{&option_names_argp, 0, NULL, 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      "PID|FILE",
      "Shows what a process holds and allocates, once a second: its call sites by live bytes, "
      "growth, allocations a second or waste; its arenas, and its size classes. FILE is a dump or "
      "a record, which is read again at each tick.\vKeys: q quit, h help, l g r w sort, s a c what "
      "rows are, "
      "/ filter, space freeze, enter the whole path. The screen stays when the process has ended.",
      children,
      NULL,
      NULL};
  *o = (struct top_options){.names.fold = fold_new(), .interval_ns = 1000000000, .rows = 20};
  words_parse(&parser, argc, argv, 0, o);
}

enum top_by top_options_by(const struct top_options *o, const struct dump *d) {
  return o->has_by ? o->by : top_watch_has_sites(d) ? TOP_SITES : TOP_ARENAS;
}
