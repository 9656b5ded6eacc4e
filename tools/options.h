/* What the options of several commands have in common. */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include "fold.h"

#include <argp.h>

/* The place of a word in a list; a word that isn't there ends the command. */
int option_choice(struct argp_state *state, const char *option, const char *word,
                  const char *const words[]);

/* Takes the one FILE of a command; a second one ends the command. */
void option_file(struct argp_state *state, const char **file, const char *word);

struct option_fold {
  struct fold *fold; /* who starts the reading makes it */
  bool off;          /* nothing is folded */
};

/* --fold and --no-fold, as a child of a command's parser; its input is an option_fold. */
extern const struct argp option_fold_argp;

#endif
