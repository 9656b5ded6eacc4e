/* The table of a run's processes; contract in run_report.h. */
#include "fit.h"
#include "rows.h"
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
#include <sys/wait.h>

enum { ENDED_COLUMNS = 11, NUMBERS = 46, PATH_LEAST = 8, ROWS_LEAST = 3, ROWS_PLAIN = 10 };

/* Columns for a process's name, where the terminal is wide enough. */
static int name_columns(const struct run_result *r) {
  unsigned width = table_width(r->to);
  return width == 0 || width >= 80 ? 16 : PATH_LEAST;
}

/* The summary and the lines around the table stay on the screen. */
static size_t rows_shown(const struct run_result *r) {
  unsigned height = table_height(r->to);
  if (height == 0)
    return ROWS_PLAIN;
  return height > SUMMARY_ROWS + 5 + ROWS_LEAST ? height - SUMMARY_ROWS - 5 : ROWS_LEAST;
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
  if (r->child == NULL)
    return false;
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
  if (f->is_replaced)
    snprintf(name, 16, "exec");
  else if (!f->is_last)
    snprintf(name, 16, "snapshot");
  else if (is_alive(r, f->pid))
    snprintf(name, 16, "runs on");
  else if (status_of(r, f->pid, &status))
    status_short(status, name);
  else if (f->reason == DUMP_FROM_OUTSIDE)
    snprintf(name, 16, "ran on");
  else if (f->reason == DUMP_MERGED)
    snprintf(name, 16, "merged");
  else if (!f->is_final)
    snprintf(name, 16, "not known");
  else if (f->reason == DUMP_AFTER_END && f->signal == 0)
    snprintf(name, 16, "killed");
  else if (f->signal != 0)
    signal_short((int)f->signal, name);
  else
    snprintf(name, 16, "exited");
}

/* A name that is longer loses its end: its dump has all of it. */
static void start_print(const struct run_result *r, const char *process, long pid,
                        const char *ended) {
  int columns = name_columns(r);
  fprintf(r->to, "%-*.*s %8ld  %-*.*s ", columns, columns, process, pid, ENDED_COLUMNS,
          ENDED_COLUMNS, ended);
}

static void marked_print(const struct run_result *r, const char *mark, uint64_t value) {
  char number[UNITS_MAX], marked[2 * UNITS_MAX];
  units_name(value, UNIT_BYTES, false, number);
  snprintf(marked, sizeof marked, "%s%s", mark, number);
  fprintf(r->to, "%10s ", marked);
}

/* Whether a dump lies in the one directory that is named below the table. */
static bool is_at_place(const struct run_result *r, const struct dump_file *f) {
  size_t length = (size_t)(file_base(f->path) - f->path);
  const char *in = r->place != NULL ? r->place->out : NULL;
  if (in != NULL)
    return strlen(in) == length && strncmp(in, f->path, length) == 0;
  return r->place != NULL && strlen(r->place->directory) + 1 == length;
}

/* Where all lie in one directory, the name alone. */
static void path_print(const struct run_result *r, const struct dump_file *f) {
  unsigned width = table_width(r->to), left = NUMBERS + (unsigned)name_columns(r);
  unsigned room = width == 0 ? 0 : width > left + PATH_LEAST ? width - left : PATH_LEAST;
  struct text text;
  FILE *to = text_start(&text);
  fputs(f->is_final || f->is_record || !f->is_last ? "" : "snapshot ", to);
  summary_word(is_at_place(r, f) ? file_base(f->path) : f->path, to);
  text_end(to, &text);
  fputc(' ', r->to);
  fit_print(text.at, text.length, room, r->to);
  fputc('\n', r->to);
  free(text.at);
}

static void row_print(const struct run_result *r, const struct dump_file *f) {
  char ended[16];
  ended_name(r, f, ended);
  start_print(r, f->program, f->pid, ended);
  marked_print(r, f->peak_mark, f->peak_bytes);
  marked_print(r, f->estimate, f->live_bytes);
  path_print(r, f);
}

/* The largest, and the program itself. */
static void rows_print(const struct run_result *r) {
  const struct dump_files *f = &r->dumps;
  size_t shown = rows_shown(r);
  if (f->count <= shown + 1)
    shown = f->count; /* "and 1 more" takes as much room */
  bool apart = f->main != NULL && f->main >= f->items + shown;
  for (size_t i = 0; i < shown - apart; i++)
    row_print(r, &f->items[i]);
  if (apart)
    row_print(r, f->main);
  if (shown < f->count)
    fprintf(r->to, "and %zu more\n", f->count - shown);
}

/* Of dumps that a user names: what the summary below the table is of. */
static void sum_print(const struct run_result *r) {
  if (r->sums == NULL)
    return;
  const struct dump_process *p = r->sums->process;
  start_print(r, "all together", (long)dump_processes(r->sums), "processes");
  marked_print(r, dump_peak_mark(r->sums), p->peak_bytes);
  marked_print(r, p->sample_bytes > 0 ? "~" : "", p->live_bytes);
  fputs("their sums\n", r->to);
}

/* The program stands in the table though it left no dump. */
static void main_missing_print(const struct run_result *r) {
  char ended[16];
  status_short(r->child->status, ended);
  start_print(r, r->name, r->child->pid, ended);
  fprintf(r->to, "%10s %10s  none\n", "-", "-");
}

/* How many of them are no records of processes that run on. */
static size_t dumps_count(const struct dump_files *f) {
  size_t count = 0;
  for (size_t i = 0; i < f->count; i++)
    count += !f->items[i].is_record;
  return count;
}

/* Where the dumps are, as a shell reads it back. */
static void places_print(const struct run_result *r, FILE *to) {
  const struct dump_files *f = &r->dumps;
  if (f->main != NULL && r->place->file != NULL) {
    summary_word(f->main->path, to);
    if (dumps_count(f) > 1)
      fprintf(to, " and %zu beside it, NAME.PID.dump", dumps_count(f) - 1);
    return;
  }
  const char *out = r->place->out;
  char *directory = out == NULL ? must_print("%s/", r->place->directory) : must_copy(out);
  summary_word(*directory != '\0' ? directory : "./", to);
  fputs("NAME.PID.dump", to);
  free(directory);
}

/* Dumps of other processes than the program's first. */
static bool has_others(const struct dump_files *f) {
  for (size_t i = 1; i < f->count; i++)
    if (f->items[i].pid != f->items[0].pid)
      return true;
  return false;
}

/* One line: what was written, and, if there is room, how to have less. */
static void written_print(const struct run_result *r) {
  static const char less[] = " (ARENASHIM_CHILDREN=off: one)";
  unsigned width = table_width(r->to);
  size_t count = dumps_count(&r->dumps);
  struct text text;
  FILE *to = text_start(&text);
  fprintf(to, "%zu dump%s: ", count, count == 1 ? "" : "s");
  places_print(r, to);
  text_end(to, &text);
  bool room = has_others(&r->dumps) && text.length + strlen(less) <= (width > 0 ? width : 80);
  fprintf(r->to, "%s%s\n", text.at, room ? less : "");
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
  lines_fit(text_end(to, &text), table_width(r->to), r->to);
  char *pattern = must_print("%s/NAME.PID.dump", r->place->directory);
  fputs("  their dumps come when they end: ", r->to);
  summary_word(pattern, r->to);
  fputc('\n', r->to);
  free(pattern);
  free(text.at);
}

void run_table(const struct run_result *r) {
  const struct dump_files *f = &r->dumps;
  if (f->count > 1 || (f->count == 1 && f->main == NULL && r->name != NULL)) {
    fprintf(r->to, "\n%-*s %8s  %-*s %10s %10s  dump\n", name_columns(r), "process", "pid",
            ENDED_COLUMNS, "ended", "peak", "live");
    rows_print(r);
    sum_print(r);
    if (r->name != NULL && f->main == NULL)
      main_missing_print(r);
    if (r->name != NULL && dumps_count(f) > 0)
      written_print(r);
  }
  alive_print(r);
}
