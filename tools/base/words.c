/* Looks for wrong options before argp does; contract in words.h.
 *
 * argp and getopt say in two lines what is wrong, and never what is legal. getopt alone, with all
 * the options of a parser, says which word it stumbles over.
 */
#include "words.h"
#include "say.h"
#include "text.h"
#include "utf8_copy.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { OPTIONS_MAX = 32, USAGE = 1, HELP = 2 };

/* Whether an option's key is a letter, too. */
static bool is_letter(int key) { return key > ' ' && key < 127; }

struct words {
  struct option longs[OPTIONS_MAX + 1];
  const char *arguments[OPTIONS_MAX]; /* of each: what stands for its argument, NULL: it has none */
  size_t count;
  char shorts[2 * OPTIONS_MAX + 8]; /* as getopt has it */
};

static void option_add(struct words *w, const struct argp_option *o) {
  if (w->count == OPTIONS_MAX)
    abort();
  w->longs[w->count] = (struct option){.name = o->name, .has_arg = o->arg != NULL, .val = o->key};
  w->arguments[w->count++] = o->arg;
  size_t at = strlen(w->shorts);
  if (is_letter(o->key))
    snprintf(w->shorts + at, sizeof w->shorts - at, "%c%s", o->key, o->arg != NULL ? ":" : "");
}

static void options_add(struct words *w, const struct argp *parser) {
  for (const struct argp_option *o = parser->options; o != NULL && o->name != NULL; o++)
    option_add(w, o);
  for (const struct argp_child *c = parser->children; c != NULL && c->argp != NULL; c++)
    options_add(w, c->argp);
}

/* "--value, --rows (-n) and so on", those that start like a word; returns how many. */
static size_t names_print(const struct words *w, const char *start, const char *comma, FILE *to) {
  size_t named = 0;
  for (size_t i = 0; i < w->count; i++) {
    const struct option *o = &w->longs[i];
    if (!text_starts(o->name, start) || o->val == USAGE)
      continue;
    fprintf(to, "%s--%s", named++ > 0 ? comma : "", o->name);
    if (is_letter(o->val))
      fprintf(to, " (-%c)", o->val);
  }
  return named;
}

static char *names_text(const struct words *w, const char *start, const char *comma,
                        size_t *named) {
  struct text text;
  FILE *to = text_start(&text);
  *named = names_print(w, start, comma, to);
  return text_end(to, &text);
}

/* What is wrong with a word, in words to be freed. */

static char *unknown_letter(const struct words *w, int letter) {
  size_t all;
  char *legal = names_text(w, "", ", ", &all);
  char *said = must_print("-%c: no such option: legal are %s", letter, legal);
  free(legal);
  return said;
}

/* Of the word, the part before its '='. */
static char *unknown_name(const struct words *w, const char *word) {
  size_t like, all;
  char *name = must_print("%.*s", (int)strcspn(word, "="), word);
  char *several = names_text(w, name + 2, " or ", &like);
  char *legal = names_text(w, "", ", ", &all);
  char *said = like > 1 ? must_print("%s: could be %s: write more of it", name, several)
                        : must_print("%s: no such option: legal are %s", name, legal);
  free(legal);
  free(several);
  free(name);
  return said;
}

static size_t option_of(const struct words *w, int key) {
  size_t i = 0;
  while (i + 1 < w->count && w->longs[i].val != key)
    i++;
  return i;
}

static char *argument_missing(const struct words *w, const char *word, int key) {
  size_t i = option_of(w, key);
  const char *name = w->longs[i].name, *argument = w->arguments[i];
  if (text_starts(word, "--"))
    return must_print("--%s: its argument is missing: write --%s=%s", name, name, argument);
  return must_print("-%c: its argument is missing: write -%c %s", key, key, argument);
}

/* NULL: nothing is wrong.  getopt moves words about: it gets a list of its own. */
static char *words_check(const struct words *w, int argc, char **argv, unsigned flags) {
  char **list = must_zalloc((size_t)argc + 1, sizeof *list), *said = NULL;
  char *kinds = must_print("%s:%s", flags & ARGP_IN_ORDER ? "+" : "", w->shorts);
  int key;
  memcpy(list, argv, (size_t)argc * sizeof *list);
  opterr = optind = 0;
  while (said == NULL && (key = getopt_long(argc, list, kinds, w->longs, NULL)) != -1) {
    const char *word = list[optind - 1];
    if (key == ':')
      said = argument_missing(w, word, optopt);
    else if (key == '?' && optopt == 0)
      said = unknown_name(w, word);
    else if (key == '?' && optopt != '?' && is_letter(optopt)) /* -? asks for help */
      said = unknown_letter(w, optopt);
    else if (key == '?' && optopt != '?')
      said = must_print("%s: --%s takes no argument: write it alone", word,
                        w->longs[option_of(w, optopt)].name);
  }
  free(kinds);
  free(list);
  return said;
}

void words_parse(const struct argp *parser, int argc, char **argv, unsigned flags, void *input) {
  static const struct argp_option own[] = {{"help", HELP, NULL, 0, NULL, 0},
                                           {"usage", USAGE, NULL, 0, NULL, 0}};
  struct words w = {0};
  options_add(&w, parser);
  option_add(&w, &own[0]);
  option_add(&w, &own[1]);
  char *wrong = words_check(&w, argc, argv, flags);
  if (wrong != NULL) {
    fprintf(stderr, "%s: ", argv[0]);
    utf8_print(wrong, stderr);
    fputc('\n', stderr);
    free(wrong);
    exit(argp_err_exit_status);
  }
  argp_parse(parser, argc, argv, flags, NULL, input);
}

void words_fail(struct argp_state *state, const char *format, ...) {
  char *why;
  va_list values;
  va_start(values, format);
  int length = vasprintf(&why, format, values);
  va_end(values);
  char *shown = utf8_shown(must_have(length < 0 ? NULL : why));
  argp_failure(state, 2, 0, "%s", shown);
  free(shown);
  free(why);
}
