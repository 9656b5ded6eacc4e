/* The options of `arenashim run`; contract in run.h. */
#include "run.h"
#include "words.h"

#include <argp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 }; /* the shim's */

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0,
     "Keep the program's dump in FILE and other processes' beside it, or all in DIRECTORY/ "
     "(default: in arenashim.PROGRAM.PID/ here; PID is this command's)",
     0},
    {"tag", 't', "MODE", 0,
     "What a call site is: site, stack:N or verify:N (default: ARENASHIM_TAG, else stack:8)", 0},
    {0}};

/* "N" of "stack:N", as the shim reads it. */
static bool is_depth(const char *word) {
  size_t digits = strspn(word, "0123456789");
  unsigned long n = strtoul(word, NULL, 10);
  return digits > 0 && word[digits] == '\0' && n >= 1 && n <= DEPTH_MAX;
}

static bool is_tag(const char *word) {
  return strcmp(word, "site") == 0 || (strncmp(word, "stack:", 6) == 0 && is_depth(word + 6)) ||
         (strncmp(word, "verify:", 7) == 0 && is_depth(word + 7));
}

/* `from` names where the word stands: an option or a variable. */
static void tag_check(struct argp_state *state, const char *from, const char *word) {
  if (strcmp(word, "off") == 0)
    words_fail(state,
               "%soff: a report needs call sites: use site, stack:N or verify:N; for counts "
               "alone, ARENASHIM_STATS=1 with LD_PRELOAD",
               from);
  if (!is_tag(word))
    words_fail(state, "%s%s: use site, stack:N or verify:N with N from 1 to %d", from, word,
               DEPTH_MAX);
}

static void all_there(struct argp_state *state, struct run_options *o) {
  const char *set = getenv("ARENASHIM_TAG");
  if (o->command == NULL)
    words_fail(state, "name the PROGRAM to run");
  if (o->out != NULL && *o->out == '\0')
    words_fail(state, "-o: the FILE's name is empty: name one");
  if (o->tag != NULL)
    tag_check(state, "--tag=", o->tag);
  else if (set != NULL)
    tag_check(state, "ARENASHIM_TAG=", o->tag = set);
  else
    o->tag = "stack:8";
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct run_options *o = state->input;
  switch (key) {
  case 'o':
    o->out = word;
    return 0;
  case 't':
    o->tag = word;
    return 0;
  case ARGP_KEY_ARG: /* all that follows is the program's */
    o->command = &state->argv[state->next - 1];
    state->next = state->argc;
    return 0;
  case ARGP_KEY_END:
    all_there(state, o);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

void run_options_read(struct run_options *o, int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_read,
      "[--] PROGRAM [ARG...]",
      "Runs a program under libarenashim.so, then shows on stderr who holds its memory.\vThe "
      "command ends as the program ended: with its exit status, or by the same signal. 127: no "
      "such program; 126: it can't be executed; 2: it can't be watched and was not run.\n\nEach "
      "process that it starts leaves a dump of its own, NAME.PID.dump. Other variables "
      "ARENASHIM_... reach the program as they are set; unless it is set, ARENASHIM_SIGNAL is "
      "TERM,INT,HUP,63, so that a program which one of these ends has a dump.",
      NULL,
      NULL,
      NULL};
  *o = (struct run_options){0};
  words_parse(&parser, argc, argv, ARGP_IN_ORDER, o);
}
