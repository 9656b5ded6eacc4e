/* Decides about records and makes dumps of them; contract in run_records.h. */
#include "run_records.h"
#include "memory.h"
#include "dump_read.h"
#include "record_file.h"
#include "run_ask.h"
#include "run_move.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- what is there ---- */

/* Its bytes, to be freed; NULL: can't be read. */
static unsigned char *file_bytes(const char *path, struct stat *s) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  unsigned char *bytes = NULL;
  if (fd >= 0 && fstat(fd, s) == 0 && S_ISREG(s->st_mode) && s->st_size > 0) {
    bytes = must_alloc((size_t)s->st_size);
    if (pread(fd, bytes, (size_t)s->st_size, 0) != s->st_size) {
      free(bytes);
      bytes = NULL;
    }
  }
  if (fd >= 0)
    close(fd);
  return bytes;
}

/* The dump's bytes that are made of a record, to be freed; NULL: there are none. */
static unsigned char *image_of(const char *path, const struct record_end *end, struct stat *s,
                               size_t *size) {
  unsigned char *bytes = file_bytes(path, s), *image = NULL;
  size_t n = (size_t)s->st_size;
  if (bytes != NULL && memory_magic_fits(bytes, n))
    image = record_file_image(path, bytes, n, s, end, size);
  free(bytes);
  return image;
}

static void record_take(struct dump_files *all, const char *path) {
  const struct record_end not_known = {0};
  struct stat s = {0};
  size_t size;
  unsigned char *image = image_of(path, &not_known, &s, &size);
  struct dump *dump = image != NULL ? dump_parse(path, image, size) : NULL;
  if (dump != NULL)
    files_add(all, file_facts(dump, &s), path);
  dump_close(dump);
  free(image);
}

static struct dump_files records_find(const struct run_place *p) {
  struct dump_files all = {0};
  DIR *directory = opendir(p->directory);
  for (struct dirent *e; directory != NULL && (e = readdir(directory)) != NULL;) {
    if (strstr(e->d_name, ".record") == NULL || run_place_is_temporary(e->d_name))
      continue;
    char *path = must_print("%s/%s", p->directory, e->d_name);
    record_take(&all, path);
    free(path);
  }
  if (directory != NULL)
    closedir(directory);
  return all;
}

/* ---- what is known of its process ---- */

/* Its pid may be that of another namespace: so each that lives on is looked at. */
static bool runs_on(const struct dump_file *r, const struct survivors *alive) {
  struct stat s;
  if (stat(r->path, &s) != 0)
    return false;
  for (size_t i = 0; i < alive->count; i++)
    if (record_file_is_mapped(alive->items[i].pid, &s))
      return true;
  return false;
}

/* The dump that it was asked for before a signal (run_ask.h) counts as its last, unless the process
 * lived on for longer than this: it has blocks in it, which a record has not. */
#define ASKED_NS UINT64_C(1000000000)

static bool is_last_dump(const struct dump_file *f, const struct dump_file *r) {
  bool asked = f->reason == DUMP_ON_SIGNAL && f->signal == ASK_SIGNAL;
  return f->pid == r->pid && f->start_ns == r->start_ns && !f->is_record &&
         (f->is_final || (asked && r->lived_ns < f->lived_ns + ASKED_NS));
}

static bool has_last_dump(const struct dump_files *found, const struct dump_file *r) {
  for (size_t i = 0; i < found->count; i++)
    if (is_last_dump(&found->items[i], r))
      return true;
  return false;
}

/* Did the same process begin again later, as another program? */
static bool is_replaced(const struct dump_files *all, const struct dump_file *r) {
  for (size_t i = 0; i < all->count; i++)
    if (all->items[i].pid == r->pid && all->items[i].start_ns > r->start_ns)
      return true;
  return false;
}

/* The signal that ended a process of that number, as far as this command was told; else 0. */
static uint32_t signal_of(const struct child *c, uint32_t pid) {
  int status = 0;
  if (pid == (uint32_t)c->pid)
    status = c->status;
  for (size_t i = 0; i < c->n_orphans; i++)
    if (pid == (uint32_t)c->orphans[i].pid)
      status = c->orphans[i].status;
  return WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0;
}

/* ---- a dump of it ---- */

static bool write_all(int fd, const unsigned char *bytes, size_t size) {
  for (ssize_t n; size > 0; bytes += n, size -= (size_t)n)
    if ((n = write(fd, bytes, size)) < 0)
      return false;
  return true;
}

/* The new file in the run's directory, to be freed; NULL: there is none, and errno says why. */
static char *dump_write_new(const struct run_place *p, const struct dump_file *r,
                            const unsigned char *image, size_t size, mode_t mode) {
  char *temporary =
      must_print("%s/%s.%u.dump.tmp.%d", p->directory, r->program, r->pid, (int)getpid());
  char *within = must_print("%s/", p->directory), *path = NULL;
  int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bool written = fd >= 0 && write_all(fd, image, size) && fchmod(fd, mode & 0777) == 0;
  if (fd >= 0 && close(fd) == 0 && written)
    path = move_into(temporary, within);
  if (path == NULL)
    unlink(temporary);
  free(within);
  free(temporary);
  return path;
}

/* The dump's path, to be freed; NULL: the record stays, said why. */
static char *dump_make(const struct run_place *p, const struct dump_file *r,
                       const struct record_end *end) {
  struct stat s = {0};
  size_t size;
  unsigned char *image = image_of(r->path, end, &s, &size);
  char *path = image != NULL ? dump_write_new(p, r, image, size, s.st_mode) : NULL;
  if (path == NULL)
    say_warning("%s can't be made into a dump: %s: it stays as it is", r->path, strerror(errno));
  free(image);
  return path;
}

/* ---- all of them ---- */

static void record_keep(struct dump_files *found, struct dump_file *r, bool runs) {
  struct dump_file kept = *r;
  kept.is_record = true;
  if (runs) {
    kept.reason = DUMP_FROM_OUTSIDE;
    kept.is_final = false;
  }
  kept.path = NULL;
  files_add(found, kept, r->path);
  r->program = r->host = r->moment = NULL;
}

static void become_dump(struct dump_files *found, const struct run_place *p, struct dump_file *r,
                        const struct record_end *end) {
  struct stat s;
  char *path = dump_make(p, r, end);
  struct dump *dump = path != NULL && stat(path, &s) == 0 ? file_open_quietly(path) : NULL;
  if (dump == NULL) {
    record_keep(found, r, false);
  } else {
    files_add(found, file_facts(dump, &s), path);
    unlink(r->path);
  }
  dump_close(dump);
  free(path);
}

void records_settle(struct dump_files *found, const struct run_place *p, const struct child *c,
                    const struct survivors *alive) {
  struct dump_files records = records_find(p);
  for (struct dump_file *r = records.items; r < records.items + records.count; r++) {
    struct record_end end = {.replaced = is_replaced(found, r) || is_replaced(&records, r)};
    if (runs_on(r, alive))
      record_keep(found, r, true);
    else if (has_last_dump(found, r) || (end.replaced && r->peak_bytes < RECORD_LEAST))
      unlink(r->path);
    else {
      end.signal = end.replaced ? 0 : signal_of(c, r->pid);
      become_dump(found, p, r, &end);
    }
  }
  for (size_t i = 0; i < records.count; i++)
    file_free(&records.items[i]);
  free(records.items);
}
