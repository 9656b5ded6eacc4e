/* Options that several commands have; contract in options.h. */
#include "options.h"
#include "say.h"
#include "units.h"
#include "words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
  words_fail(state, "--%s=%s: use one of %s", option, word, all);
  free(all);
  return 0;
}

uint64_t option_rows(struct argp_state *state, const char *word, const char *what) {
  uint64_t rows = 0;
  if (!units_count_read(word, &rows))
    words_fail(state, "-n %s: give a number of %s", word, what);
  return rows;
}

bool option_kind(struct argp_state *state, const char *word) {
  static const char *const words[] = {"heap", "mapped", NULL};
  return option_choice(state, "kind", word, words) == 1;
}

error_t option_files_read(int key, char *word, struct argp_state *state, struct inputs *files) {
  char *why;
  switch (key) {
  case ARGP_KEY_ARG:
    why = inputs_add(files, word);
    if (why != NULL)
      words_fail(state, "%s", why);
    return 0;
  case ARGP_KEY_END:
    if (files->count == 0)
      words_fail(state, "name the FILE that `arenashim run` or ARENASHIM_DUMP made");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

enum { KEY_FOLD = 512, KEY_NO_FOLD, KEY_SYSROOT, KEY_DEBUG_DIR };

static const struct argp_option names_options[] = {
    {"fold", KEY_FOLD, "NAME", 0,
     "NAME (or module+offset) is an allocation wrapper, too: show its caller. A final * stands for "
     "any ending",
     0},
    {"no-fold", KEY_NO_FOLD, NULL, 0, "Show wrappers like xmalloc and operator new", 0},
    {0}};

static const struct argp_option search_options[] = {
    {"sysroot", KEY_SYSROOT, "DIR", 0,
     "The program's files are below DIR: a copy of the machine it ran on", 0},
    {"debug-dir", KEY_DEBUG_DIR, "DIR", 0,
     "Look for separate debug files in DIR first, by build-id (.build-id/ab/cdef.debug) and by "
     "name (NAME.debug, NAME.dwp, .dwo files); may be given several times",
     0},
    {0}};

/* A directory that can be read; any other ends the command. */
static const char *directory_read(struct argp_state *state, const char *option, const char *word) {
  struct stat st;
  errno = stat(word, &st) != 0 ? errno : S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
  if (errno != 0 || access(word, R_OK | X_OK) != 0)
    words_fail(state, "--%s %s: %s: name a directory that can be read", option, word,
               strerror(errno));
  if (strchr(word, ':') != NULL)
    words_fail(state, "--%s %s: a name with a colon can't be searched: use a link to it", option,
               word);
  return word;
}

static void debug_dir_add(struct argp_state *state, struct search *s, const char *word) {
  if (s->debug_count == SEARCH_MAX)
    words_fail(state, "--debug-dir %s: no more than %d can be searched", word, SEARCH_MAX);
  s->debug_dirs[s->debug_count++] = directory_read(state, "debug-dir", word);
}

static error_t search_read(int key, char *word, struct argp_state *state) {
  struct search *search = state->input;
  switch (key) {
  case KEY_SYSROOT:
    search->sysroot = directory_read(state, "sysroot", word);
    return 0;
  case KEY_DEBUG_DIR:
    debug_dir_add(state, search, word);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp option_search_argp = {search_options, search_read, NULL, NULL, NULL, NULL, NULL};

static error_t names_read(int key, char *word, struct argp_state *state) {
  struct option_names *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->search;
    return 0;
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

static const struct argp_child search_children[] = {{&option_search_argp, 0, NULL, 0}, {0}};
const struct argp option_names_argp = {names_options,   names_read, NULL, NULL,
                                       search_children, NULL,       NULL};

struct names *option_names_new(const struct option_names *o, const struct dump *d) {
  return names_new(d, o->off ? NULL : o->fold, &o->search);
}
