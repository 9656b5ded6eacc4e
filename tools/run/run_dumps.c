/* Finds dumps and moves them; contract in run_dumps.h. */
#include "run_dumps.h"
#include "dump_read.h"
#include "run_ask.h"
#include "run_move.h"
#include "run_records.h"
#include "say.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What is looked for, and what was found. */
struct hunt {
  const struct run_place *place;
  char *mark; /* what the options in a dump of this run have in them */
  time_t start;
  struct dump_files found;
};

/* Programs may write names like these themselves. */
static bool has_magic(int fd) {
  char start[sizeof DUMP_MAGIC - 1];
  return pread(fd, start, sizeof start, 0) == sizeof start &&
         memcmp(start, DUMP_MAGIC, sizeof start) == 0;
}

/* In the run's own directory a dump is the run's. */
static void own_take(struct hunt *w, const char *path, int fd) {
  struct stat s;
  struct dump *dump =
      fstat(fd, &s) == 0 && S_ISREG(s.st_mode) && has_magic(fd) ? file_open_quietly(path) : NULL;
  if (dump != NULL)
    files_add(&w->found, file_facts(dump, &s), path);
  dump_close(dump);
}

/* In another directory a dump is the run's if it names the run's pattern and its owner is one that
 * a process of the run can have become. */
static void foreign_take(struct hunt *w, const char *path, int fd) {
  struct stat s;
  char opened[64];
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || s.st_mtim.tv_sec < w->start || s.st_nlink != 1 ||
      (s.st_uid != geteuid() && geteuid() != 0) || !has_magic(fd))
    return;
  snprintf(opened, sizeof opened, "/proc/self/fd/%d", fd);
  say_to(NULL);
  struct dump *dump = dump_open(opened);
  say_to(stderr);
  if (dump != NULL && strstr(dump_text(dump, dump->process->options), w->mark) != NULL)
    files_add(&w->found, file_facts(dump, &s), path);
  dump_close(dump);
}

static void directory_search(struct hunt *w, const char *directory,
                             void (*take)(struct hunt *, const char *, int)) {
  DIR *all = opendir(directory);
  for (struct dirent *e; all != NULL && (e = readdir(all)) != NULL;) {
    if (strstr(e->d_name, ".dump") == NULL || run_place_is_temporary(e->d_name))
      continue;
    int fd = openat(dirfd(all), e->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
      continue;
    char *path = must_print("%s/%s", directory, e->d_name);
    take(w, path, fd);
    free(path);
    close(fd);
  }
  if (all != NULL)
    closedir(all);
}

static void all_search(struct hunt *w) {
  const char *temporary = getenv("TMPDIR");
  directory_search(w, w->place->directory, own_take);
  if (temporary != NULL && *temporary == '/' && strcmp(temporary, "/tmp") != 0)
    directory_search(w, temporary, foreign_take);
  directory_search(w, "/tmp", foreign_take);
}

/* What a process became by exec began later.  A record holds what is true now.  A writer that found
 * a name taken made it longer, and is later whatever the clock says. */
static bool is_later(const struct dump_file *a, const struct dump_file *b) {
  const struct timespec *x = &a->written, *y = &b->written;
  if (a->start_ns != b->start_ns && a->start_ns != 0 && b->start_ns != 0)
    return a->start_ns > b->start_ns;
  if (a->is_record != b->is_record)
    return a->is_record;
  if (text_starts(a->path, b->path) || text_starts(b->path, a->path))
    return strlen(a->path) > strlen(b->path);
  return x->tv_sec != y->tv_sec ? x->tv_sec > y->tv_sec : x->tv_nsec > y->tv_nsec;
}

static int process_compare(const void *a, const void *b) {
  const struct dump_file *x = a, *y = b;
  if (x->pid != y->pid)
    return x->pid > y->pid ? 1 : -1;
  int hosts = strcmp(x->host, y->host);
  return hosts != 0 ? hosts : is_later(x, y) ? -1 : is_later(y, x);
}

static int peak_compare(const void *a, const void *b) {
  const struct dump_file *x = a, *y = b;
  if (x->peak_bytes != y->peak_bytes)
    return x->peak_bytes > y->peak_bytes ? -1 : 1;
  return process_compare(a, b);
}

/* A process's peak is that of its dumps which is highest: its last one, made of a record, knows it
 * a little less exactly than an earlier one. */
static void last_take_peak(struct dump_files *f) {
  for (size_t i = f->count; i-- > 1;) {
    struct dump_file *later = &f->items[i - 1], *earlier = &f->items[i];
    if (later->pid == earlier->pid && later->start_ns == earlier->start_ns &&
        later->peak_bytes < earlier->peak_bytes)
      later->peak_bytes = earlier->peak_bytes;
  }
}

/* The first process of each container has pid 1: their hosts tell them apart.  Within a run what
 * has a pid twice is one process, that became another program by exec; named dumps may be of a pid
 * that was given again. */
static bool is_same(const struct dump_file *a, const struct dump_file *b, bool named) {
  bool restarted = named && a->start_ns != 0 && b->start_ns != 0 && a->start_ns != b->start_ns;
  return a->pid == b->pid && strcmp(a->host, b->host) == 0 && !restarted;
}

static void files_sort(struct dump_files *f, bool named) {
  if (f->count == 0)
    return;
  qsort(f->items, f->count, sizeof *f->items, process_compare);
  for (size_t i = 0; i < f->count; i++)
    f->items[i].is_last = i == 0 || !is_same(&f->items[i], &f->items[i - 1], named);
  last_take_peak(f);
  qsort(f->items, f->count, sizeof *f->items, peak_compare);
}

/* Removes dumps that were asked for (run_ask.h) if their process wrote a later one. */
static void asked_drop(struct dump_files *f) {
  size_t kept = 0;
  for (size_t i = 0; i < f->count; i++) {
    struct dump_file *d = &f->items[i];
    if (d->is_last || d->reason != DUMP_ON_SIGNAL || d->signal != ASK_SIGNAL) {
      f->items[kept++] = *d;
      continue;
    }
    unlink(d->path);
    file_free(d);
  }
  f->count = kept;
}

static void main_find(struct dump_files *f, pid_t program) {
  for (size_t i = 0; i < f->count; i++)
    if (f->items[i].pid == (uint32_t)program && f->items[i].is_last)
      f->main = &f->items[i];
}

/* The new path, or NULL with errno. */
static char *file_move(const struct run_place *p, const struct dump_file *f, bool is_main) {
  if (is_main && p->file != NULL)
    return move_to(f->path, p->file, true) ? must_copy(p->file) : NULL;
  char *directory = p->out != NULL ? must_copy(p->out) : must_print("%s/", p->directory);
  char *path = move_into(f->path, directory);
  free(directory);
  return path;
}

static bool is_in_directory(const struct run_place *p, const char *path) {
  size_t length = strlen(p->directory);
  return strncmp(path, p->directory, length) == 0 && path[length] == '/';
}

/* Whether it lies in the run's directory under a name that ends in ".dump". */
static bool is_at_its_place(const struct run_place *p, const char *path) {
  const char *end = run_place_ending(file_base(path));
  return p->out == NULL && is_in_directory(p, path) && end != NULL && strcmp(end, ".dump") == 0;
}

/* The shim has said where it wrote them, and there they are no more. */
static void moved_say(const struct run_place *p, size_t count) {
  const char *temporary = getenv("TMPDIR");
  bool set = temporary != NULL && *temporary == '/' && strcmp(temporary, "/tmp") != 0;
  if (count > 0)
    fprintf(stderr, "arenashim: %zu dump%s moved from %s%s/tmp to %s\n", count,
            count == 1 ? " was" : "s were", set ? temporary : "", set ? " or " : "",
            p->out == NULL    ? p->directory
            : *p->out == '\0' ? "./"
                              : p->out);
}

static void files_move(const struct run_place *p, struct dump_files *f) {
  size_t fetched = 0;
  for (struct dump_file *i = f->items; i < f->items + f->count; i++) {
    if (i->is_record || is_at_its_place(p, i->path))
      continue;
    char *path = file_move(p, i, i == f->main);
    if (path == NULL) {
      say_warning("%s can't be moved to %s: %s: it stays there", i->path,
                  p->file != NULL && i == f->main ? p->file
                  : p->out != NULL                ? p->out
                                                  : p->directory,
                  strerror(errno));
      continue;
    }
    fetched += !is_in_directory(p, i->path);
    free(i->path);
    i->path = path;
  }
  moved_say(p, fetched);
}

struct dump_files dumps_collect(const struct run_place *p, const struct child *c,
                                const struct survivors *alive, time_t start) {
  char *pattern = run_place_pattern(p);
  struct hunt w = {.place = p, .mark = must_print("DUMP=%s ", pattern), .start = start};
  all_search(&w);
  records_settle(&w.found, p, c, alive);
  files_sort(&w.found, false);
  asked_drop(&w.found);
  main_find(&w.found, c->pid);
  files_move(p, &w.found);
  free(w.mark);
  free(pattern);
  return w.found;
}

bool dumps_read(struct dump_files *f, char *const paths[], size_t count) {
  bool good = true;
  *f = (struct dump_files){0};
  for (size_t i = 0; i < count; i++) {
    struct stat s;
    struct dump *dump = file_open_quietly(paths[i]);
    if (dump != NULL && stat(paths[i], &s) == 0)
      files_add(f, file_facts(dump, &s), paths[i]);
    good &= dump != NULL;
    dump_close(dump);
  }
  files_sort(f, true);
  return good;
}

void dumps_free(struct dump_files *f) {
  for (size_t i = 0; i < f->count; i++)
    file_free(&f->items[i]);
  free(f->items);
}
