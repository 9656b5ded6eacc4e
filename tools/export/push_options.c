/* Reads the options; contract in push_options.h. */
#include "push_options.h"
#include "say.h"
#include "text.h"
#include "units.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

enum {
  KEY_EVERY = 256,
  KEY_TO,
  KEY_NAME,
  KEY_LABEL,
  KEY_HEADER,
  KEY_CACERT,
  KEY_TIMEOUT,
  KEY_RETRIES
};

static const struct argp_option options[] = {
    {"to", KEY_TO, "pyroscope|parca", 0,
     "What the server is (default: what URL ends with says it, /ingest or /profiles/writeraw; else "
     "pyroscope)",
     0},
    {"every", KEY_EVERY, "TIME", 0,
     "Go on until the process has ended: a profile each TIME, such as 60s, 5m or 1h; allocations "
     "are those since the last one",
     0},
    {"name", KEY_NAME, "NAME", 0, "The application's name (default: the program's)", 0},
    {"label", KEY_LABEL, "NAME=VALUE", 0,
     "A label of the profile; may be given several times (always: host and pid)", 0},
    {"header", KEY_HEADER, "HEADER", 0,
     "A line of the request, such as \"Authorization: Bearer TOKEN\"; may be given several times; "
     "@FILE reads it from FILE",
     0},
    {"cacert", KEY_CACERT, "FILE", 0, "Certificates that the server's must lead to", 0},
    {"timeout", KEY_TIMEOUT, "TIME", 0, "How long one attempt may take (default: 30s)", 0},
    {"retries", KEY_RETRIES, "N", 0,
     "How often it is tried again when the server is busy or not there (default: 4)", 0},
    {0}};

static uint64_t time_read(struct argp_state *state, const char *option, const char *word) {
  uint64_t ns;
  if (!units_time_read(word, &ns) || ns < 1000000)
    words_fail(state, "--%s=%s: give a time, such as 60s, 500ms, 5m or 1h", option, word);
  return ns;
}

static uint64_t retries_read(struct argp_state *state, const char *word) {
  uint64_t n = 0;
  if (!units_count_read(word, &n) || n > 100)
    words_fail(state, "--retries=%s: give a number from 0 to 100", word);
  return n;
}

/* What both servers take as a label's name. */
static bool is_name(const char *word, size_t length) {
  if (length == 0 || (word[0] >= '0' && word[0] <= '9'))
    return false;
  for (size_t i = 0; i < length; i++)
    if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", word[i]) == NULL)
      return false;
  return true;
}

static void label_read(struct argp_state *state, struct push_options *o, const char *word) {
  const char *equals = strchr(word, '=');
  size_t length = equals != NULL ? (size_t)(equals - word) : 0;
  if (!is_name(word, length))
    words_fail(state, "--label=%s: give NAME=VALUE, the name of letters, digits and _", word);
  else if (o->n_labels == PUSH_LABELS_MOST)
    words_fail(state, "--label=%s: no more than %d", word, PUSH_LABELS_MOST);
  else
    o->labels[o->n_labels++] =
        (struct push_label){must_print("%.*s", (int)length, word), must_copy(equals + 1)};
}

/* A secret that stands among the arguments can be read by all. */
static const char *header_file(struct argp_state *state, const char *name) {
  char *line = NULL;
  size_t room = 0;
  FILE *f = fopen(name, "re");
  ssize_t n = f != NULL ? getline(&line, &room, f) : -1;
  if (f != NULL)
    fclose(f);
  if (n <= 0) {
    words_fail(state, "--header=@%s: it can't be read, or is empty", name);
    return must_copy("");
  }
  line[strcspn(line, "\r\n")] = '\0';
  return line;
}

static void header_read(struct argp_state *state, struct push_options *o, const char *word) {
  const char *line = *word == '@' ? header_file(state, word + 1) : must_copy(word);
  if (strchr(line, ':') == NULL || strpbrk(line, "\r\n") != NULL)
    words_fail(state, "--header=%s: give one line, NAME: VALUE", *word == '@' ? word : line);
  if (o->n_headers == sizeof o->headers / sizeof *o->headers)
    words_fail(state, "--header: no more than %u", o->n_headers);
  o->headers[o->n_headers++] = line;
}

static void server_read(struct argp_state *state, struct push_options *o, const char *word) {
  static const char *const words[] = {"pyroscope", "parca", NULL};
  o->server = (enum push_server)option_choice(state, "to", word, words);
  o->has_server = true;
}

static error_t word_read(int key, char *word, struct argp_state *state, struct push_options *o) {
  if (key == ARGP_KEY_ARG && o->url == NULL)
    o->url = word;
  else if (key == ARGP_KEY_ARG)
    return option_files_read(key, word, state, &o->files);
  else if (key == ARGP_KEY_END && o->files.count == 0)
    words_fail(state, "name the server's URL, and a PID, a FILE or a directory");
  else if (key == ARGP_KEY_END && o->every_ns > 0 && o->files.is_set)
    words_fail(state, "--every: one PID or FILE at a time; of several the sums are sent once, "
                      "without it");
  else if (key != ARGP_KEY_END)
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct push_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->names;
    return 0;
  case KEY_TO:
    server_read(state, o, word);
    return 0;
  case KEY_EVERY:
    o->every_ns = time_read(state, "every", word);
    return 0;
  case KEY_NAME:
    o->name = word;
    return 0;
  case KEY_LABEL:
    label_read(state, o, word);
    return 0;
  case KEY_HEADER:
    header_read(state, o, word);
    return 0;
  case KEY_CACERT:
    o->ca = word;
    return 0;
  case KEY_TIMEOUT:
    o->timeout_ms = time_read(state, "timeout", word) / 1000000;
    return 0;
  case KEY_RETRIES:
    o->retries = retries_read(state, word);
    return 0;
  default:
    return word_read(key, word, state, o);
  }
}

static void url_check(const struct push_options *o) {
  if (text_starts(o->url, "http://") || text_starts(o->url, "https://"))
    return;
  say_error("push: %s: give a URL that begins with http:// or https://", o->url);
  exit(2);
}

void push_options_read(struct push_options *o, int argc, char **argv) {
  static const struct argp_child children[] = {{&option_names_argp, 0, NULL, 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      "URL PID|FILE|DIR...",
      "Sends the profile of a process, or of a dump or record, to a server that keeps profiles: "
      "Pyroscope, or Parca.\vThe process does not notice. It is what `arenashim export --format "
      "pprof` writes; of several FILEs, of a DIR and of - (a list on standard input) the sums "
      "are sent. libcurl4 must be installed.",
      children,
      NULL,
      NULL};
  *o = (struct push_options){.names.fold = fold_new(), .timeout_ms = 30000, .retries = 4};
  words_parse(&parser, argc, argv, 0, o);
  url_check(o);
  o->what = inputs_title(&o->files);
  if (!o->has_server && text_ends(o->url, "/profiles/writeraw"))
    o->server = PUSH_PARCA;
}

void push_options_free(struct push_options *o) {
  for (unsigned i = 0; i < o->n_labels; i++) {
    free(o->labels[i].name);
    free(o->labels[i].value);
  }
  for (unsigned i = 0; i < o->n_headers; i++)
    free((char *)o->headers[i]);
  inputs_free(&o->files);
  fold_free(o->names.fold);
}
