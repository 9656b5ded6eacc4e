/* The summary of the process that held most, or of all; contract in run_report.h. */
#include "run_report.h"
#include "dump_read.h"
#include "heat.h"
#include "rows.h"
#include "say.h"
#include "summary.h"
#include "table.h"
#include "text.h"
#include "when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* `name` is for messages, `words` for a shell. */
static bool dump_report(const struct run_result *r, const struct dump *d, const char *name,
                        const char *words, const char *title, uint64_t end_ns) {
  unsigned width = table_width(r->to);
  struct summary s = {.title = title,
                      .files = words,
                      .end_ns = end_ns,
                      .width = width > 0 ? width : 80,
                      .colours = heat_wanted(width)};
  bool possible = d != NULL && rows_possible(d, name);
  if (possible)
    summary_write(&s, d, r->to);
  return possible;
}

static bool file_report(const struct run_result *r, const char *title, uint64_t end_ns) {
  const char *path = r->dumps.items[0].path;
  struct dump *d = dump_open(path);
  struct text words;
  FILE *to = text_start(&words);
  summary_word(path, to);
  bool good = dump_report(r, d, path, text_end(to, &words), title, end_ns);
  free(words.at);
  dump_close(d);
  return good;
}

/* "several programs: the sums of 12 processes" */
static bool sums_report(const struct run_result *r) {
  const char *program = dump_text(r->sums, r->sums->process->program);
  char *when = dump_when(r->sums, 0), *title = must_print("%s: %s", program, when);
  bool good = dump_report(r, r->sums, "their sums", r->words, title, 0);
  free(title);
  free(when);
  return good;
}

/* A program that another has become by exec has that one's process id. */
static char *main_title(const struct run_result *r, const struct dump_file *f) {
  char ended[64];
  bool same = strcmp(f->program, r->name) == 0;
  child_end_name(r->child->status, ended);
  return must_print("%s, pid %u%s%s%s: %s after %.*f s%s", f->program, f->pid,
                    same ? "" : " (started as ", same ? "" : r->name, same ? "" : ")", ended,
                    r->child->seconds < 9.995 ? 2 : 0, r->child->seconds,
                    f->reason == DUMP_AFTER_END ? "; from its record" : "");
}

/* Of one that is not the program's own, or was made by a run that is over: how it ended is known
 * from the dump alone. */
static char *other_title(const struct run_result *r, const struct dump_file *f) {
  if (f->reason == DUMP_MERGED)
    return must_print("%s: %s", f->program, f->moment);
  if (r->name != NULL && f->is_replaced && f->pid == (uint32_t)r->child->pid)
    return must_print("%s, pid %u, before it became another program: it held most", f->program,
                      f->pid);
  if (r->name != NULL)
    return must_print("%s, pid %u, started by %s: it held most", f->program, f->pid, r->name);
  return must_print("%s, pid %u%s%s%s", f->program, f->pid, f->is_final ? ": " : "",
                    f->is_final ? f->moment : "", r->dumps.count > 1 ? ", held most" : "");
}

/* A program that ended by itself and wrote no dump is rarely the one that the user means. */
static void say_without_dump(const struct run_result *r) {
  if (r->dumps.main->reason == DUMP_AFTER_END && WIFEXITED(r->child->status))
    say_warning("%s (pid %d) left no dump: it ended by a bare system call, or became a program "
                "that runs without the shim, whose memory its record does not have",
                r->dumps.main->program, (int)r->child->pid);
}

bool run_report(const struct run_result *r) {
  const struct dump_files *f = &r->dumps;
  if (r->name != NULL && f->main == NULL)
    run_say_no_dump(r);
  run_table(r);
  if (r->sums != NULL)
    return sums_report(r);
  if (f->count == 0)
    return true;
  const struct dump_file *most = &f->items[0];
  bool is_main = r->name != NULL && f->main != NULL && most == f->main;
  if (is_main)
    say_without_dump(r);
  char *title = is_main ? main_title(r, most) : other_title(r, most);
  bool good = file_report(r, title, is_main ? (uint64_t)(r->child->seconds * 1e9) + 1 : 0);
  free(title);
  return good;
}
