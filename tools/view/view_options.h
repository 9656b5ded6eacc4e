/* The options that most commands have, and how they run. */
#ifndef TOOLS_VIEW_OPTIONS_H
#define TOOLS_VIEW_OPTIONS_H

#include "view.h"

/* -n, --all, --exact, those of option_names and the FILEs: the children of a command's parser,
 * whose input is a view_options. */
extern const struct argp_child option_view_children[];

/* The parser of a command that has no other options but those of these keys that its table lists;
 * commands with more call it for the rest. */
enum { OPTION_SORT = 640, OPTION_VALUE, OPTION_LINES, OPTION_BY, OPTION_KIND };
#define OPTION_LINES_ROW                                                                           \
  { "lines", OPTION_LINES, NULL, 0, "Callers count by line, not by function, and show it", 0 }
/* --sort and --value mean the same: a command's table says what, and has the other as this. */
#define OPTION_SORT_WORDS "live|peak|allocs|bytes|waste"
#define OPTION_SORT_ROW(what)                                                                      \
  { "sort", OPTION_SORT, OPTION_SORT_WORDS, 0, what, 0 }
#define OPTION_VALUE_ROW(what)                                                                     \
  { "value", OPTION_VALUE, OPTION_SORT_WORDS, 0, what, 0 }
#define OPTION_KIND_ROW                                                                            \
  {                                                                                                \
    "kind", OPTION_KIND, "heap|mapped", 0,                                                         \
        "Of which memory: what malloc served (heap, the default), or what the program mapped "     \
        "itself by mmap, brk and shmat, its threads' stacks among it",                             \
        0                                                                                          \
  }
#define OPTION_BY_ROW                                                                              \
  { "by", OPTION_BY, "site|function|module", 0, "What a row is (default: site)", 0 }
error_t option_view_pass(int key, char *word, struct argp_state *state);

/* Reads a share of a hundred or more, such as 2.5; a wrong one ends the command. */
double option_percent(struct argp_state *state, const char *option, const char *word);

/* Reads bytes, such as 64K or 20MiB (units.h), and a count; a wrong one ends the command. */
uint64_t option_size(struct argp_state *state, const char *option, const char *word);
uint64_t option_count(struct argp_state *state, const char *option, const char *word);

/* Parses a command's words.  `o` holds the defaults, and is the parser's input; it may be the first
 * member of a command's own options.  `flags` are words_parse's. */
void view_parse(const struct argp *parser, struct view_options *o, unsigned flags, int argc,
                char **argv);

/* Opens the dump of the files, several as their sums, and that of the files to compare with if
 * there are some; writes about them, and frees all.  Returns the exit status: 2 where a file is not
 * in the sums, unless 1 was to be returned. */
typedef int view_writer(const struct view_options *o, const struct dump *old, const struct dump *d,
                        FILE *to);
int view_show(struct view_options *o, view_writer *write);

/* Both. */
int view_run(const struct argp *parser, struct view_options *o, view_writer *write, int argc,
             char **argv);

#endif
