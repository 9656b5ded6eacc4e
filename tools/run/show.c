/* Shows dumps as a run does; contract in show.h. */
#include "show.h"
#include "dump_read.h"
#include "inputs.h"
#include "run_report.h"
#include "say.h"
#include "set.h"
#include "summary.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>

bool show_is_file(const char *word) {
  struct stat s;
  return stat(word, &s) == 0;
}

/* Adds the files that the words stand for; says why not. */
static bool files_read(struct inputs *in, int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    char *why = inputs_add(in, argv[i]);
    if (why != NULL)
      say_error("%s", why);
    free(why);
    if (why != NULL)
      return false;
  }
  return true;
}

/* The sums of those that can be read, each of which has been complained about.  NULL: they are of
 * one process, whose largest dump is shown. */
static struct dump *sums_open(const struct dump_files *f) {
  struct inputs in = {0};
  size_t unread;
  for (size_t i = 0; i < f->count; i++)
    free(inputs_add(&in, f->items[i].path));
  struct dump *d = f->count > 1 ? set_open(&in, dump_open, &unread) : NULL;
  inputs_free(&in);
  if (d == NULL || dump_processes(d) > 1)
    return d;
  dump_close(d);
  return NULL;
}

/* What was typed, as a shell reads it; what is too long for a line, or a list, can't be typed
 * again. */
static char *words_join(int argc, char **argv) {
  enum { LINE = 50 };
  bool list = false;
  struct text text;
  FILE *to = text_start(&text);
  for (int i = 0; i < argc; i++) {
    list |= strcmp(argv[i], "-") == 0;
    fputs(i > 0 ? " " : "", to);
    summary_word(argv[i], to);
  }
  text_end(to, &text);
  if (!list && text.length <= LINE)
    return text.at;
  free(text.at);
  return must_copy("FILE...");
}

int show_command(int argc, char **argv) {
  struct run_result r = {.to = stdout, .words = words_join(argc, argv)};
  struct inputs in = {0};
  bool good = files_read(&in, argc, argv) && dumps_read(&r.dumps, in.names, in.count);
  r.sums = sums_open(&r.dumps);
  good = run_report(&r) && good;
  dump_close(r.sums);
  dumps_free(&r.dumps);
  inputs_free(&in);
  free(r.words);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return good ? 0 : 2;
  say_error("the report could not be written: check where its output goes");
  return 2;
}
