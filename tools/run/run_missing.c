/* Why there is nothing to report on; contract in run_report.h. */
#include "run_report.h"
#include "run_ask.h"
#include "say.h"
#include "text.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* The signals before whose default action the shim can write a dump. */
static bool is_caught(int number) {
  static const int caught[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGUSR1,  SIGUSR2,
                               SIGALRM, SIGXCPU, SIGXFSZ, SIGPROF, SIGVTALRM};
  for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
    if (caught[i] == number)
      return true;
  return false;
}

/* Whether a list of signals, as ARENASHIM_SIGNAL has it, names one. */
static bool is_listed(const char *list, int number, const char *name) {
  char digits[16];
  snprintf(digits, sizeof digits, "%d", number);
  for (size_t length; *list != '\0'; list += length + (list[length] == ',')) {
    const char *word = text_starts(list, "SIG") ? list + 3 : list;
    length = strcspn(list, ",");
    size_t rest = length - (size_t)(word - list);
    if ((strlen(name) == rest && strncmp(word, name, rest) == 0) ||
        (strlen(digits) == length && strncmp(list, digits, length) == 0))
      return true;
  }
  return false;
}

/* The program is known to have been ended, and by what; whether it handles that signal is not. */
static void say_by_signal(const struct run_result *r, const char *ended) {
  int number = WTERMSIG(r->child->status);
  const char *set = getenv("ARENASHIM_SIGNAL"), *name = sigabbrev_np(number);
  const char *list = set != NULL ? set : "";
  int pid = (int)r->child->pid;
  if (name != NULL && is_caught(number) && !is_listed(list, number, name))
    say_error("%s (pid %d, %s) left no dump: the signal ended it before one was written; "
              "`ARENASHIM_SIGNAL=%s%s%s arenashim run ...` makes one first",
              r->name, pid, ended, list, *list != '\0' ? "," : "", name);
  else
    say_error("%s (pid %d, %s) left no dump: the signal ended it before one was written; %s makes "
              "one while it runs%s",
              r->name, pid, ended,
              is_listed(list, ASK_SIGNAL, "63") ? "kill -63"
                                                : "with ARENASHIM_SIGNAL=USR1, kill -USR1",
              number == SIGKILL ? ", ARENASHIM_DUMP_AT=90% before memory runs out" : "");
}

void run_say_no_dump(const struct run_result *r) {
  const char *temporary = getenv("TMPDIR");
  bool set = temporary != NULL && *temporary == '/' && strcmp(temporary, "/tmp") != 0;
  char ended[64];
  child_end_name(r->child->status, ended);
  if (WIFSIGNALED(r->child->status))
    say_by_signal(r, ended);
  else
    say_error("%s (pid %d, %s) left no dump (looked in %s%s%s and /tmp, not below other "
              "roots); if no line above says why, ARENASHIM_VERBOSE=1 shows which processes start "
              "with the shim",
              r->name, (int)r->child->pid, ended, r->place->directory, set ? ", " : "",
              set ? temporary : "");
}
