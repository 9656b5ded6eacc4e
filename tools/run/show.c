/* Shows dumps as a run does; contract in show.h. */
#include "show.h"
#include "inputs.h"
#include "run_report.h"
#include "say.h"

#include <stdlib.h>

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

int show_command(int argc, char **argv) {
  struct run_result r = {.to = stdout};
  struct inputs in = {0};
  bool good = files_read(&in, argc, argv) && dumps_read(&r.dumps, in.names, in.count);
  good = run_report(&r) && good;
  dumps_free(&r.dumps);
  inputs_free(&in);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return good ? 0 : 2;
  say_error("the report could not be written: check where its output goes");
  return 2;
}
