/* What the options of several commands have in common. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "inputs.h"
#include "paths.h"

#include <argp.h>

/* The place of a word in a list; a word that isn't there ends the command. */
int option_choice(struct argp_state *state, const char *option, const char *word,
                  const char *const words[]);

/* Reads the number of -n, such as of "rows, 0 for all"; a wrong one ends the command. */
uint64_t option_rows(struct argp_state *state, const char *word, const char *what);

/* Reads --kind, heap or mapped: is it the second? */
bool option_kind(struct argp_state *state, const char *word);

/* Reads the FILEs of a command: to be called for keys that the command doesn't know.  A word that
 * stands for no file, and none at the end, end the command. */
error_t option_files_read(int key, char *word, struct argp_state *state, struct inputs *files);

/* How the frames of call paths are named, and merged. */
struct option_names {
  struct fold *fold; /* made before the words are read */
  bool off;          /* nothing is folded */
  struct search search;
  /* A command's own choices, which no option here sets: */
  enum paths_merge merge;
  bool cuts;         /* paths that were cut show it, as their outermost frame */
  bool join_runtime; /* all call sites of the runtime are one row (runtime.h) */
};

/* --sysroot and --debug-dir, as a child of a command's parser; its input is a search. */
extern const struct argp option_search_argp;

/* --fold, --no-fold, --sysroot and --debug-dir, as a child of a command's parser; its input is an
 * option_names. */
extern const struct argp option_names_argp;

/* The names of a dump's frames, as the options have it; the caller frees them by names_free. */
struct names *option_names_new(const struct option_names *o, const struct dump *d);

#endif
