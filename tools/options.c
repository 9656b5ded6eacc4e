/* Options that several commands have; contract in options.h. */
#include "options.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

/* "a, b, c" */
static char *joined(const char *const words[]) {
  size_t bytes = 1;
  for (int i = 0; words[i] != NULL; i++)
    bytes += strlen(words[i]) + 2;
  char *all = must_zalloc(bytes, 1), *end = all;
  for (int i = 0; words[i] != NULL; i++)
    end = stpcpy(stpcpy(end, i > 0 ? ", " : ""), words[i]);
  return all;
}

int option_choice(struct argp_state *state, const char *option, const char *word,
                  const char *const words[]) {
  for (int i = 0; words[i] != NULL; i++)
    if (strcmp(words[i], word) == 0)
      return i;
  char *all = joined(words);
  argp_failure(state, 2, 0, "--%s=%s: use one of %s", option, word, all);
  free(all);
  return 0;
}

void option_file(struct argp_state *state, const char **file, const char *word) {
  if (*file != NULL)
    argp_failure(state, 2, 0, "%s: one FILE at a time, and %s is named already", word, *file);
  *file = word;
}

enum { KEY_FOLD = 512, KEY_NO_FOLD };

static const struct argp_option fold_options[] = {
    {"fold", KEY_FOLD, "NAME", 0,
     "NAME is an allocation wrapper, too: show its caller. A final * stands for any ending", 0},
    {"no-fold", KEY_NO_FOLD, NULL, 0, "Show wrappers like xmalloc and operator new", 0},
    {0}};

static error_t fold_read(int key, char *word, struct argp_state *state) {
  struct option_fold *o = state->input;
  switch (key) {
  case KEY_FOLD:
    fold_add(o->fold, word);
    return 0;
  case KEY_NO_FOLD:
    o->off = true;
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp option_fold_argp = {fold_options, fold_read, NULL, NULL, NULL, NULL, NULL};
