/* The options that most commands have, and how they run. */
#ifndef TOOLS_VIEW_OPTIONS_H
#define TOOLS_VIEW_OPTIONS_H

#include "view.h"

/* -n, those of option_names and the FILE: a child of a command's parser; its input is a
 * view_options. Where `old` is "" to start with, OLD is asked for before FILE. */
extern const struct argp option_view_argp;
extern const struct argp_child option_view_children[]; /* this child alone */

/* The parser of a command that has no other options but, where its table lists those keys, --sort
 * and --lines; commands with more call it for the rest. */
enum { OPTION_SORT = 640, OPTION_LINES };
#define OPTION_LINES_ROW                                                                           \
  { "lines", OPTION_LINES, NULL, 0, "Callers count by line, not by function, and show it", 0 }
error_t option_view_pass(int key, char *word, struct argp_state *state);

/* Reads one of live, peak, allocs, bytes and waste. */
#define OPTION_SORT_WORDS "live|peak|allocs|bytes|waste"
enum sort option_sort(struct argp_state *state, const char *option, const char *word);

/* Reads a share of a hundred or more, such as 2.5; a wrong one ends the command. */
double option_percent(struct argp_state *state, const char *option, const char *word);

/* Reads bytes, such as 64K (1024 each), and a count; a wrong one ends the command. */
uint64_t option_size(struct argp_state *state, const char *option, const char *word);
uint64_t option_count(struct argp_state *state, const char *option, const char *word);

/* A command that reads one dump and writes a text about it: its defaults are in `o`. */
typedef int view_writer(const struct view_options *o, const struct dump *d, FILE *to);
int view_run(const struct argp *parser, struct view_options *o, view_writer *write, int argc,
             char **argv);

#endif
