/* Reads the options; contract in attach_options.h. */
#include "attach_options.h"
#include "source.h"
#include "units.h"
#include "words.h"

#include <argp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KEY_SAMPLE = 256, KEY_TAG, KEY_FOR };
enum { SAMPLE_DEFAULT = 64 << 10 };

static const struct argp_option attach_words[] = {
    {"sample", KEY_SAMPLE, "BYTES", 0,
     "Record one request for each so many bytes, on average: 4K to 1024M (default: 64K)", 0},
    {"tag", KEY_TAG, "site|stack:N", 0,
     "How much of the call path, N from 1 to 64 (default: stack:32).  Without --sample every "
     "request is recorded from now on, exactly",
     0},
    {"for", KEY_FOR, "TIME", 0, "Detach after that time: 30s, 5m, 2h", 0},
    {"output", 'o', "FILE", 0, "With --for: write a dump to FILE before", 0},
    {0}};
static const struct argp_option no_words[] = {{0}};

static uint64_t sample_read(struct argp_state *state, const char *word) {
  uint64_t bytes;
  if (!units_read(word, &bytes) || bytes < 4096 || bytes > UINT64_C(1) << 30)
    words_fail(state, "--sample=%s: give bytes, from 4K to 1024M", word);
  return bytes;
}

static uint32_t depth_read(struct argp_state *state, const char *word) {
  char *end = NULL;
  unsigned long n = strncmp(word, "stack:", 6) == 0 ? strtoul(word + 6, &end, 10) : 0;
  if (strcmp(word, "site") == 0)
    return 1;
  if (end == NULL || *end != '\0' || n < 1 || n > 64)
    words_fail(state, "--tag=%s: give site, or stack:N with N from 1 to 64", word);
  return (uint32_t)n;
}

static double time_read(struct argp_state *state, const char *word) {
  uint64_t ns;
  if (!units_time_read(word, &ns) || ns == 0 || ns > UINT64_C(366) * 86400 * 1000000000)
    words_fail(state, "--for=%s: give a time such as 30s, 5m or 2h", word);
  return (double)ns / 1e9;
}

static void what_read(struct argp_state *state, struct attach_options *o, const char *word) {
  if (o->what != NULL)
    words_fail(state, "%s: one PID at a time, and %s is named already", word, o->what);
  if (source_pid(word) == 0 && access(word, F_OK) != 0)
    words_fail(state,
               "%s: give the PID of a process, or the file of its record: `arenashim ps` "
               "lists processes",
               word);
  o->what = word;
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct attach_options *o = state->input;
  switch (key) {
  case KEY_SAMPLE:
    o->sample_bytes = sample_read(state, word);
    return 0;
  case KEY_TAG:
    o->depth = depth_read(state, word);
    if (o->sample_bytes == 0)
      o->sample_bytes = 1;
    return 0;
  case KEY_FOR:
    o->seconds = time_read(state, word);
    return 0;
  case 'o':
    o->out = word;
    return 0;
  case ARGP_KEY_ARG:
    what_read(state, o, word);
    return 0;
  case ARGP_KEY_END:
    if (o->what == NULL)
      words_fail(state, "name a PID: `arenashim ps` lists the processes under the shim");
    if (o->sample_bytes == 0)
      o->sample_bytes = SAMPLE_DEFAULT;
    if (o->out != NULL && o->seconds == 0)
      words_fail(state, "-o needs --for: `arenashim dump PID` writes a dump at once");
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

void attach_options_read(struct attach_options *o, int argc, char **argv, bool attach) {
  static const char attach_doc[] =
      "Records call paths of a process that runs under libarenashim.so and was started without: by "
      "samples, or with --tag alone of every request.  It is not stopped and gets no signal; "
      "`arenashim top PID` shows it, `arenashim dump PID` writes it to a file.  FILE is its record "
      "(ARENASHIM_RECORD): who may write that needs no other right.";
  static const char detach_doc[] =
      "Ends what `arenashim attach PID` began.  What was recorded stays.";
  struct argp argp = {.options = attach ? attach_words : no_words,
                      .parser = option_read,
                      .args_doc = "PID|FILE",
                      .doc = attach ? attach_doc : detach_doc};
  *o = (struct attach_options){.depth = 32};
  argp_parse(&argp, argc, argv, 0, NULL, o);
}
