/* Finds and renames dumps; contract in run_dumps.h. */
#include "run_dumps.h"
#include "dump_read.h"
#include "rows.h"
#include "run_find.h"
#include "say.h"
#include "text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool was_before(const struct run_place *p, const char *name) {
  for (size_t i = 0; i < p->n_before; i++)
    if (strcmp(p->before[i], name) == 0)
      return true;
  return false;
}

/* Programs may write names like these themselves. */
static bool is_dump(const char *path, struct timespec *written) {
  char start[sizeof DUMP_MAGIC - 1] = "";
  struct stat s;
  FILE *f = stat(path, &s) == 0 && S_ISREG(s.st_mode) ? fopen(path, "re") : NULL;
  bool is = f != NULL && fread(start, sizeof start, 1, f) == 1 &&
            memcmp(start, DUMP_MAGIC, sizeof start) == 0;
  if (f != NULL)
    fclose(f);
  if (is)
    *written = s.st_mtim;
  return is;
}

/* Warnings are for whoever reads a report of it; that it can't be read at all is told now. */
static struct dump *open_quietly(const char *path) {
  say_to(NULL);
  struct dump *dump = dump_open(path);
  say_to(stderr);
  return dump != NULL ? dump : dump_open(path);
}

static bool dump_file_read(struct dump_file *f, char *path) {
  *f = (struct dump_file){.path = path};
  struct dump *dump = is_dump(path, &f->written) ? open_quietly(path) : NULL;
  if (dump == NULL)
    return false;
  f->program = must_copy(dump_text(dump, dump->process->program));
  f->pid = dump->process->pid;
  f->live_bytes = dump->process->live_bytes;
  f->peak_bytes = dump->process->peak_bytes;
  f->estimate = dump->process->sample_bytes > 0 ? "~" : "";
  f->peak_mark = dump_peak_mark(dump);
  dump_close(dump);
  return true;
}

/* Who found a name taken made it longer, and is later whatever the clock says. */
static bool is_later(const struct dump_file *a, const struct dump_file *b) {
  const struct timespec *x = &a->written, *y = &b->written;
  if (text_starts(a->path, b->path) || text_starts(b->path, a->path))
    return strlen(a->path) > strlen(b->path);
  return x->tv_sec != y->tv_sec ? x->tv_sec > y->tv_sec : x->tv_nsec > y->tv_nsec;
}

static int peak_compare(const void *a, const void *b) {
  const struct dump_file *x = a, *y = b;
  if (x->peak_bytes != y->peak_bytes)
    return x->peak_bytes > y->peak_bytes ? -1 : 1;
  return (x->pid > y->pid) - (x->pid < y->pid);
}

/* The last that the program wrote moves to the front, and takes FILE's name. */
static void main_find(const struct run_place *p, pid_t program, struct dump_files *f) {
  struct dump_file *main = NULL;
  for (struct dump_file *i = f->items; i < f->items + f->count; i++)
    if (i->pid == (uint32_t)program && (main == NULL || is_later(i, main)))
      main = i;
  f->has_main = main != NULL;
  if (main == NULL)
    return;
  struct dump_file found = *main;
  *main = f->items[0];
  f->items[0] = found;
  if (rename(found.path, p->file) != 0) {
    say_warning("%s can't be renamed to %s: %s", found.path, p->file, strerror(errno));
    return;
  }
  free(found.path);
  f->items[0].path = must_copy(p->file);
}

struct dump_files dumps_collect(const struct run_place *p, pid_t program) {
  struct dump_files f = {0};
  size_t count, length = strlen(file_base(p->file));
  char **names = run_place_names(p, &count);
  f.items = must_zalloc(count, sizeof *f.items);
  for (size_t i = 0; i < count; i++) {
    /* a temporary name: its writer was killed, or is not done yet */
    if (was_before(p, names[i]) || strstr(names[i] + length, ".tmp.") != NULL)
      continue;
    char *path = must_print("%s%s", p->file, names[i] + length);
    if (dump_file_read(&f.items[f.count], path))
      f.count++;
    else
      free(path);
  }
  run_place_names_free(names, count);
  main_find(p, program, &f);
  if (f.count > f.has_main)
    qsort(f.items + f.has_main, f.count - f.has_main, sizeof *f.items, peak_compare);
  return f;
}

void dumps_free(struct dump_files *f) {
  for (size_t i = 0; i < f->count; i++) {
    free(f->items[i].path);
    free(f->items[i].program);
  }
  free(f->items);
}
