/* The flow of `arenashim run`, from the program to its report; contract in run.h. */
#include "run.h"
#include "run_ask.h"
#include "run_child.h"
#include "run_dumps.h"
#include "run_find.h"
#include "run_name.h"
#include "run_place.h"
#include "run_preload.h"
#include "run_report.h"
#include "run_target.h"
#include "say.h"
#include "text.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NOT_RUN = 2, NOT_EXECUTABLE = 126, NOT_FOUND = 127 }; /* as shells and env have them */

struct run {
  const struct run_options *options;
  char *name; /* the program's, of run_name */
  char *path, *shim;
  struct run_preload preload;
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

/* A run within a run inherits the patterns of the outer one. */
static bool is_of_a_run(const char *pattern) {
  const char *end = strstr(pattern, "/%e.%p."), *start = strstr(pattern, "/arenashim.");
  return end != NULL && start != NULL && start < end;
}

/* "0" and "" stay as they are: then a process that is killed leaves nothing. */
static void record_set(const struct run *r) {
  const char *set = getenv("ARENASHIM_RECORD");
  if (set != NULL && (*set == '\0' || strcmp(set, "0") == 0))
    return;
  if (set != NULL && !is_of_a_run(set))
    say_warning("ARENASHIM_RECORD is not used here: records lie beside the dumps; -o FILE says "
                "where these go");
  char *pattern = run_place_record_pattern(&r->place);
  variable_set("ARENASHIM_RECORD", pattern);
  free(pattern);
}

/* ARENASHIM_SIGNAL gets the signals that end services or come from a terminal, and ASK_SIGNAL. */
static void environment_set(const struct run *r) {
  char *pattern = run_place_pattern(&r->place), *preload = run_preload_list(&r->preload);
  const char *set = getenv("ARENASHIM_DUMP");
  if (set != NULL && !is_of_a_run(set))
    say_warning("ARENASHIM_DUMP is not used here: -o FILE says where the dump goes");
  variable_set("LD_PRELOAD", preload);
  variable_set("ARENASHIM_DUMP", pattern);
  record_set(r);
  variable_set("ARENASHIM_TAG", r->options->tag);
  if (getenv("ARENASHIM_SIGNAL") == NULL)
    variable_set("ARENASHIM_SIGNAL", "TERM,INT,HUP" ASK_SIGNAL_LISTED);
  free(preload);
  free(pattern);
}

static void report(struct run *r, time_t start) {
  struct run_result result = {
      .to = stderr, .name = r->name, .place = &r->place, .child = &r->child};
  if (!r->child.alone)
    result.alive = survivors_find(r->shim);
  result.dumps = dumps_collect(&r->place, &r->child, &result.alive, start);
  signal(SIGPIPE, SIG_IGN); /* the program's status is returned even if nobody reads the report */
  run_report(&result);
  run_place_leave(&r->place, result.alive.count == 0);
  run_preload_leave(&r->preload, r->child.alone);
  survivors_free(&result.alive);
  dumps_free(&result.dumps);
}

/* The word that names the program which is to be watched. */
static const char *program_word(const struct run *r) {
  const char *word = r->options->command[0];
  const char *loaded = run_is_loader(file_base(word)) ? run_loaded_word(r->options->command) : NULL;
  return loaded != NULL ? loaded : word;
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
  const char *program = program_word(r);
  if (program != word && access(program, R_OK) == 0 && !target_check(program))
    return NOT_RUN;
  if (disable != NULL && strcmp(disable, "1") == 0) {
    say_error("ARENASHIM_DISABLE=1 is set, so nothing would be recorded: unset it");
    return NOT_RUN;
  }
  r->name = run_name(program);
  if (!run_place_make(&r->place, r->options->out, r->name))
    return NOT_RUN;
  return run_preload_make(&r->preload, r->shim) ? 0 : NOT_RUN;
}

static int run_prepared(struct run *r) {
  time_t start = time(NULL);
  environment_set(r);
  int error = child_run(&r->child, r->path, r->options->command, environ, r->shim);
  if (error == 0) {
    report(r, start);
    return child_end_alike(&r->child);
  }
  run_preload_leave(&r->preload, true);
  run_place_leave(&r->place, true);
  return say_not_run(r->options->command[0], r->path, error);
}

int run_command(int argc, char **argv) {
  struct run_options o;
  run_options_read(&o, argc, argv);
  struct run r = {.options = &o};
  int status = prepare(&r);
  if (status == 0)
    status = run_prepared(&r);
  else if (r.place.path != NULL)
    rmdir(r.place.path);
  run_place_free(&r.place);
  free(r.child.orphans);
  free(r.name);
  free(r.path);
  free(r.shim);
  return status;
}
