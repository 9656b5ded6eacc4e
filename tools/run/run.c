/* The flow of `arenashim run`, from the program to its summary; contract in run.h. */
#include "run.h"
#include "dump_read.h"
#include "heat.h"
#include "rows.h"
#include "run_child.h"
#include "run_dumps.h"
#include "run_find.h"
#include "run_target.h"
#include "say.h"
#include "summary.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NOT_RUN = 2, NOT_EXECUTABLE = 126, NOT_FOUND = 127 }; /* as shells and env have them */
enum { LISTED_MAX = 3 };                                     /* children */

struct run {
  const struct run_options *options;
  const char *name; /* the program's, as in FILE */
  char *path, *shim;
  struct run_place place;
  struct child child;
};

/* exec's reasons, as a shell's user knows them. */
static int say_not_run(const char *word, const char *path, int error) {
  if (error == ENOENT && path == NULL)
    say_error("%s: there is no such program: check its name%s", word,
              strchr(word, '/') == NULL ? " and PATH" : "");
  else if (error == ENOENT)
    say_error("%s: the interpreter or loader that it names is not there: install it", path);
  else if (error == EISDIR)
    say_error("%s: is a directory: name a program", word);
  else if (error == EACCES)
    say_error("%s: can't be executed: %s: see its permissions (chmod +x)", word, strerror(error));
  else
    say_error("%s: can't be executed: %s", word, strerror(error));
  return error == ENOENT || error == ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE;
}

static void variable_set(const char *name, const char *value) {
  if (setenv(name, value, 1) != 0)
    must_have(NULL);
}

static void preload_set(const char *shim) {
  const char *others = getenv("LD_PRELOAD");
  bool any = others != NULL && *others != '\0';
  char *list = must_print("%s%s%s", shim, any ? ":" : "", any ? others : "");
  variable_set("LD_PRELOAD", list);
  free(list);
}

/* TERM is what ends services, and none asks whether it has the default action; of INT some do
 * (Python), and would miss it. */
static void environment_set(const struct run *r) {
  char *pattern = run_place_pattern(&r->place);
  if (getenv("ARENASHIM_DUMP") != NULL)
    say_warning("ARENASHIM_DUMP is not used here: -o FILE says where the dump goes");
  preload_set(r->shim);
  variable_set("ARENASHIM_DUMP", pattern);
  variable_set("ARENASHIM_TAG", r->options->tag);
  if (getenv("ARENASHIM_SIGNAL") == NULL)
    variable_set("ARENASHIM_SIGNAL", "TERM");
  free(pattern);
}

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

/* Why there is nothing to report on. */
static void say_no_dump(const struct run *r) {
  static const char remedy[] = "with ARENASHIM_SIGNAL=USR1, kill -USR1 makes one while it runs";
  int status = r->child.status, number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  const char *set = getenv("ARENASHIM_SIGNAL"), *name = number > 0 ? sigabbrev_np(number) : NULL;
  const char *list = set != NULL ? set : "";
  char ended[64];
  child_end_name(&r->child, ended);
  if (number == 0)
    say_error("%s (pid %d, %s) left no dump: it ended by _exit or quick_exit, dropped LD_PRELOAD "
              "from its environment, or became a program that can't be watched; %s",
              r->name, (int)r->child.pid, ended, remedy);
  else if (is_caught(number) && !is_listed(list, number, name))
    say_error("%s (pid %d, %s) left no dump: the signal ended it at once; "
              "`ARENASHIM_SIGNAL=%s%s%s arenashim run ...` makes one first",
              r->name, (int)r->child.pid, ended, list, *list != '\0' ? "," : "", name);
  else
    say_error("%s (pid %d, %s) left no dump: such a signal leaves no time for it; %s", r->name,
              (int)r->child.pid, ended, remedy);
}

static void file_report(const struct dump_file *f, const char *title, uint64_t end_ns) {
  unsigned width = table_width(stderr);
  struct dump *d = dump_open(f->path);
  struct summary s = {.title = title,
                      .file = f->path,
                      .end_ns = end_ns,
                      .width = width > 0 ? width : 80,
                      .colours = heat_wanted(width)};
  if (d != NULL && rows_possible(d, f->path))
    summary_write(&s, d, stderr);
  dump_close(d);
}

static void main_report(const struct run *r, const struct dump_file *f) {
  char ended[64], title[512];
  child_end_name(&r->child, ended);
  snprintf(title, sizeof title, "%s, pid %d: %s after %.*f s", r->name, (int)r->child.pid, ended,
           r->child.seconds < 9.995 ? 2 : 0, r->child.seconds);
  file_report(f, title, (uint64_t)(r->child.seconds * 1e9) + 1);
}

/* A shell script's own memory is rarely what its user asks for. */
static void largest_report(const struct run *r, const struct dump_files *f) {
  char title[512];
  if (f->count == 0)
    return;
  snprintf(title, sizeof title, "%s, pid %u, started by %s: the one with most memory",
           f->items[0].program, f->items[0].pid, r->name);
  file_report(&f->items[0], title, 0);
}

static void child_line(const struct dump_file *f) {
  char name[24], peak[32], live[32];
  number_name(f->peak_bytes, false, name);
  snprintf(peak, sizeof peak, "%s%s", f->peak_mark, name);
  number_name(f->live_bytes, false, name);
  snprintf(live, sizeof live, "%s%s", f->estimate, name);
  fprintf(stderr, "%9s %9s  ", peak, live);
  summary_word(say_command(), stderr);
  fputs(" report ", stderr);
  summary_word(f->path, stderr);
  fputc('\n', stderr);
}

/* Each name whole: it is there to be typed.  The summary above stays on the screen. */
static void children_report(const struct run *r, const struct dump_files *f) {
  size_t first = f->has_main || f->count == 0 ? f->has_main : 1; /* the largest is shown above */
  size_t children = f->count - first;
  if (children == 0)
    return;
  fprintf(stderr, "\n     peak  not freed  %zu other dump%s (ARENASHIM_CHILDREN=off: none)\n",
          children, children == 1 ? "" : "s");
  for (size_t i = 0; i < children && i < LISTED_MAX; i++)
    child_line(&f->items[first + i]);
  if (children > LISTED_MAX) {
    fprintf(stderr, "and %zu more with smaller peaks: ", children - LISTED_MAX);
    summary_word(r->place.file, stderr);
    fputs(".*\n", stderr);
  }
}

static void report(const struct run *r) {
  struct dump_files found = dumps_collect(&r->place, r->child.pid);
  signal(SIGPIPE, SIG_IGN); /* the program's status is to be told, whoever reads the report */
  if (found.has_main)
    main_report(r, &found.items[0]);
  else {
    say_no_dump(r);
    largest_report(r, &found);
  }
  children_report(r, &found);
  dumps_free(&found);
}

/* 0, or the exit status of a program that is not run. */
static int prepare(struct run *r) {
  const char *word = r->options->command[0], *disable = getenv("ARENASHIM_DISABLE");
  r->path = find_program(word);
  if (r->path == NULL)
    return say_not_run(word, NULL, errno);
  r->shim = find_shim();
  if (r->shim == NULL || !target_check(r->path))
    return NOT_RUN;
  if (disable != NULL && strcmp(disable, "1") == 0) {
    say_error("ARENASHIM_DISABLE=1 is set, so nothing would be recorded: unset it");
    return NOT_RUN;
  }
  r->name = file_base(word);
  return run_place_choose(&r->place, r->options->out, r->name) ? 0 : NOT_RUN;
}

static int run_prepared(struct run *r) {
  environment_set(r);
  int error = child_run(&r->child, r->path, r->options->command, environ);
  if (error != 0)
    return say_not_run(r->options->command[0], r->path, error);
  report(r);
  return child_end_alike(&r->child);
}

int run_command(int argc, char **argv) {
  struct run_options o;
  run_options_read(&o, argc, argv);
  struct run r = {.options = &o};
  int status = prepare(&r);
  if (status == 0)
    status = run_prepared(&r);
  run_place_free(&r.place);
  free(r.path);
  free(r.shim);
  return status;
}
