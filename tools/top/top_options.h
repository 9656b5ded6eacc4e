/* The options of `arenashim top`, and its forms. */
#ifndef TOOLS_TOP_OPTIONS_H
#define TOOLS_TOP_OPTIONS_H

#include "options.h"
#include "top_watch.h"

enum top_form { FORM_SCREEN, FORM_ONCE, FORM_JSON };

struct top_options {
  struct option_names names;
  const char *what; /* PID or FILE */
  enum top_form form;
  bool has_by; /* `by` was asked for; else it is what there is */
  enum top_by by;
  enum top_sort sort;
  uint64_t interval_ns;
  unsigned long rows; /* of FORM_ONCE and FORM_JSON; 0: all */
};

/* Reads them; a wrong one ends the command.  The names' fold is the caller's to free. */
void top_options_read(struct top_options *o, int argc, char **argv);

/* What rows are: what was asked for, else call sites, else arenas. */
enum top_by top_options_by(const struct top_options *o, const struct dump *d);

/* The forms; each returns the exit status.  The screen waits for `q` when the target has ended, one
 * tick of text is printed with rates over an interval, and JSON is a line a tick until the end. */
int top_screen_run(const struct top_options *o, struct top_watch *w);
int top_once_run(const struct top_options *o, struct top_watch *w);
int top_json_run(const struct top_options *o, struct top_watch *w);

#endif
