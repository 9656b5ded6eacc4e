/* The table of a run's processes; contract in run_report.h. */
#include "fit.h"
#include "run_report.h"
#include "say.h"
#include "summary.h"
#include "table.h"
#include "text.h"
#include "utf8.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENDED_COLUMNS = 11, NUMBERS = 44, PATH_LEAST = 8, ROWS_LEAST = 3, ROWS_PLAIN = 10 };

/* Columns for a process's name, where the terminal is wide enough. */
static int name_columns(void) {
  unsigned width = table_width(stderr);
  return width == 0 || width >= 80 ? 16 : PATH_LEAST;
}

/* The summary and the lines around the table stay on the screen. */
static size_t rows_shown(void) {
  struct winsize size = {0};
  if (!isatty(STDERR_FILENO) || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0)
    return ROWS_PLAIN;
  int room = size.ws_row - SUMMARY_ROWS - 5;
  return room > ROWS_LEAST ? (size_t)room : ROWS_LEAST;
}

static void signal_short(int number, char name[16]) {
  const char *word = sigabbrev_np(number);
  if (word != NULL)
    snprintf(name, 16, "signal %s", word);
  else
    snprintf(name, 16, "signal %d", number);
}

static void status_short(int status, char name[16]) {
  if (WIFEXITED(status))
    snprintf(name, 16, "status %d", WEXITSTATUS(status));
  else
    signal_short(WTERMSIG(status), name);
}

/* waitpid's status of a process, if this command got it. */
static bool status_of(const struct run_result *r, uint32_t pid, int *status) {
  if (pid == (uint32_t)r->child->pid) {
    *status = r->child->status;
    return true;
  }
  for (size_t i = 0; i < r->child->n_orphans; i++)
    if (pid == (uint32_t)r->child->orphans[i].pid) {
      *status = r->child->orphans[i].status;
      return true;
    }
  return false;
}

static bool is_alive(const struct run_result *r, uint32_t pid) {
  for (size_t i = 0; i < r->alive.count; i++)
    if (pid == (uint32_t)r->alive.items[i].pid)
      return true;
  return false;
}

static void ended_name(const struct run_result *r, const struct dump_file *f, char name[16]) {
  int status;
  if (!f->is_last)
    snprintf(name, 16, "snapshot");
  else if (is_alive(r, f->pid))
    snprintf(name, 16, "runs on");
  else if (status_of(r, f->pid, &status))
    status_short(status, name);
  else if (!f->is_final)
    snprintf(name, 16, "not known");
  else if (f->reason == DUMP_ON_SIGNAL)
    signal_short((int)f->signal, name);
  else
    snprintf(name, 16, "exited");
}

/* A name that is longer loses its end: its dump has all of it. */
static void start_print(const char *process, long pid, const char *ended) {
  int columns = name_columns();
  fprintf(stderr, "%-*.*s %8ld  %-*.*s ", columns, columns, process, pid, ENDED_COLUMNS,
          ENDED_COLUMNS, ended);
}

static void marked_print(const char *mark, uint64_t value) {
  char number[24], marked[32];
  number_name(value, false, number);
  snprintf(marked, sizeof marked, "%s%s", mark, number);
  fprintf(stderr, "%9s ", marked);
}

/* Where all lie in one directory, which is named below, the name alone. */
static void path_print(const struct run_result *r, const struct dump_file *f) {
  unsigned width = table_width(stderr);
  const char *base = file_base(f->path), *in = r->place->out;
  size_t length = (size_t)(base - f->path);
  bool there = in != NULL ? strlen(in) == length && strncmp(in, f->path, length) == 0
                          : strlen(r->place->directory) + 1 == length;
  struct text text;
  FILE *to = text_start(&text);
  fputs(f->is_final || !f->is_last ? "" : "snapshot ", to);
  summary_word(there ? base : f->path, to);
  text_end(to, &text);
  fputc(' ', stderr);
  unsigned left = NUMBERS + (unsigned)name_columns();
  unsigned room = width == 0 ? 0 : width > left + PATH_LEAST ? width - left : PATH_LEAST;
  fit_print(text.at, text.length, room, stderr);
  fputc('\n', stderr);
  free(text.at);
}

static void row_print(const struct run_result *r, const struct dump_file *f) {
  char ended[16];
  ended_name(r, f, ended);
  start_print(f->program, f->pid, ended);
  marked_print(f->peak_mark, f->peak_bytes);
  marked_print(f->estimate, f->live_bytes);
  path_print(r, f);
}

/* The largest, and the program itself. */
static void rows_print(const struct run_result *r) {
  const struct dump_files *f = &r->dumps;
  size_t shown = rows_shown();
  if (f->count <= shown + 1)
    shown = f->count; /* "and 1 more" takes as much room */
  bool apart = f->main != NULL && f->main >= f->items + shown;
  for (size_t i = 0; i < shown - apart; i++)
    row_print(r, &f->items[i]);
  if (apart)
    row_print(r, f->main);
  if (shown < f->count)
    fprintf(stderr, "and %zu more\n", f->count - shown);
}

/* The program stands in the table though it left no dump. */
static void main_missing_print(const struct run_result *r) {
  char ended[16];
  status_short(r->child->status, ended);
  start_print(r->name, r->child->pid, ended);
  fprintf(stderr, "%9s %9s  none\n", "-", "-");
}

/* Where the dumps are, as a shell reads it back. */
static void places_print(const struct run_result *r, FILE *to) {
  const struct dump_files *f = &r->dumps;
  if (f->main != NULL && r->place->file != NULL) {
    summary_word(f->main->path, to);
    if (f->count > 1)
      fprintf(to, " and %zu beside it, NAME.PID.dump", f->count - 1);
    return;
  }
  const char *out = r->place->out;
  char *directory = out == NULL ? must_print("%s/", r->place->directory) : must_copy(out);
  summary_word(*directory != '\0' ? directory : "./", to);
  fputs("NAME.PID.dump", to);
  free(directory);
}

/* One line: what was written, and, if there is room, how to have less. */
static void written_print(const struct run_result *r) {
  static const char less[] = " (ARENASHIM_CHILDREN=off: one)";
  unsigned width = table_width(stderr);
  struct text text;
  FILE *to = text_start(&text);
  fprintf(to, "%zu dump%s: ", r->dumps.count, r->dumps.count == 1 ? "" : "s");
  places_print(r, to);
  text_end(to, &text);
  bool room = r->dumps.count > 1 && text.length + strlen(less) <= (width > 0 ? width : 80);
  fprintf(stderr, "%s%s\n", text.at, room ? less : "");
  free(text.at);
}

static void alive_print(const struct run_result *r) {
  enum { NAMED_MAX = 3 };
  const struct survivors *s = &r->alive;
  struct text text;
  if (s->count == 0)
    return;
  FILE *to = text_start(&text);
  fputs("still running: ", to);
  for (size_t i = 0; i < s->count && i < NAMED_MAX; i++)
    fprintf(to, "%s%s (pid %d)", i > 0 ? ", " : "", s->items[i].name, (int)s->items[i].pid);
  if (s->count > NAMED_MAX)
    fprintf(to, " and %zu more", s->count - NAMED_MAX);
  fputc('\n', to);
  lines_fit(text_end(to, &text), table_width(stderr), stderr);
  char *pattern = must_print("%s/NAME.PID.dump", r->place->directory);
  fputs("  their dumps come when they end: ", stderr);
  summary_word(pattern, stderr);
  fputc('\n', stderr);
  free(pattern);
  free(text.at);
}

void run_table(const struct run_result *r) {
  const struct dump_files *f = &r->dumps;
  if (f->count > 1 || (f->count == 1 && f->main == NULL)) {
    fprintf(stderr, "\n%-*s %8s  %-*s %9s %9s  dump\n", name_columns(), "process", "pid",
            ENDED_COLUMNS, "ended", "peak", "live");
    rows_print(r);
    if (f->main == NULL)
      main_missing_print(r);
    written_print(r);
  }
  alive_print(r);
}
