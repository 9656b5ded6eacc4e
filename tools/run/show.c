/* Shows dumps as a run does; contract in show.h. */
#include "show.h"
#include "run_report.h"
#include "say.h"

#include <sys/stat.h>

bool show_is_file(const char *word) {
  struct stat s;
  return stat(word, &s) == 0 && !S_ISDIR(s.st_mode);
}

int show_command(int argc, char **argv) {
  struct run_result r = {.to = stdout};
  bool good = dumps_read(&r.dumps, argv, (size_t)argc);
  good = run_report(&r) && good;
  dumps_free(&r.dumps);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return good ? 0 : 2;
  say_error("the report could not be written: check where its output goes");
  return 2;
}
