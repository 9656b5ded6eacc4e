/* What the file of a record says of its process's end; contract in record_file.h. */
#include "record_file.h"
#include "clock.h"
#include "process_status.h"
#include "record.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum mapped { MAPPED_NOT, MAPPED, MAPPED_NOT_KNOWN };

static enum mapped look(int pid, const struct stat *s) {
  char path[64], *line = NULL;
  size_t room = 0;
  unsigned long long inode;
  bool found = false;
  snprintf(path, sizeof path, "/proc/%d/maps", pid);
  FILE *maps = fopen(path, "re");
  if (maps == NULL)
    return errno == EACCES ? MAPPED_NOT_KNOWN : MAPPED_NOT;
  while (!found && getline(&line, &room, maps) > 0)
    found = sscanf(line, "%*s %*s %*s %*s %llu", &inode) == 1 && inode == s->st_ino;
  free(line);
  fclose(maps);
  return found ? MAPPED : MAPPED_NOT;
}

bool record_file_is_mapped(int pid, const struct stat *s) { return look(pid, s) != MAPPED_NOT; }

/* Has somebody opened it for writing, or mapped it so?  Then the kernel refuses a lease on it.
 * The lease is given back at once; who opens the file meanwhile waits, and we get a signal. */
static bool is_written(const char *path, const struct stat *s) {
  struct stat now;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0)
    return false;
  void (*before)(int) = signal(SIGIO, SIG_IGN);
  bool same = fstat(fd, &now) == 0 && now.st_dev == s->st_dev && now.st_ino == s->st_ino;
  bool written = same && fcntl(fd, F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  close(fd);
  signal(SIGIO, before);
  return written;
}

/* A record's file, and what it says. */
struct candidate {
  const char *path;
  const struct stat *file;
  const struct record_process *process;
};

/* By what everybody may know of a process.  Its name is another where it has called itself
 * something else. */
static bool seems_of(pid_t pid, const struct candidate *c) {
  enum { KEPT = 15 }; /* bytes of a name */
  struct process_status of;
  return process_status_read(pid, &of) &&
         process_may_be(&of, c->process->pid, c->process->start_mono) &&
         (strncmp(of.name, c->process->program, KEPT) == 0 || is_written(c->path, c->file));
}

static bool is_of(pid_t pid, const struct candidate *c) {
  enum mapped mapped = look(pid, c->file);
  return mapped == MAPPED || (mapped == MAPPED_NOT_KNOWN && seems_of(pid, c));
}

/* The process's number here, which may be another than its own: a container's, read from its host.
 * 0: it does not run, or can't be seen. */
static pid_t process_of(const struct candidate *c) {
  pid_t found = is_of((pid_t)c->process->pid, c) ? (pid_t)c->process->pid : 0;
  DIR *proc = opendir("/proc");
  for (struct dirent *e; found == 0 && proc != NULL && (e = readdir(proc)) != NULL;) {
    pid_t other = (pid_t)strtol(e->d_name, NULL, 10);
    found = other > 0 && is_of(other, c) ? other : 0;
  }
  if (proc != NULL)
    closedir(proc);
  return found;
}

bool record_file_runs(const char *path, const struct record_head *head, const struct stat *s,
                      pid_t *pid) {
  const struct candidate c = {path, s, &head->process};
  *pid = head->process.state == RECORD_RUNNING ? process_of(&c) : 0;
  return *pid != 0 || (head->process.state == RECORD_RUNNING &&
                       !process_sees(head->process.pid_namespace) && is_written(path, s));
}

static struct record_moment moment_of(const char *path, const struct memory *m,
                                      const struct stat *s, const struct record_end *end) {
  const struct record_process *p = &m->head.process;
  uint64_t now = clock_ns(CLOCK_MONOTONIC);
  pid_t pid = 0;
  bool runs = end == NULL && record_file_runs(path, &m->head, s, &pid);
  uint64_t until = runs && now > p->start_mono ? now : p->changed_mono;
  return (struct record_moment){.reason = runs                       ? DUMP_FROM_OUTSIDE
                                          : p->state == RECORD_ENDED ? DUMP_AT_EXIT
                                                                     : DUMP_AFTER_END,
                                .signal = end != NULL ? end->signal : 0,
                                .replaced = end != NULL && end->replaced,
                                .lived_ns = until > p->start_mono ? until - p->start_mono : 0,
                                .resident = pid != 0 ? process_resident(pid) : p->resident};
}

/* The dump's bytes of what was read, or says why it was not. */
static unsigned char *image_of(const char *path, enum memory_answer answer, struct memory *m,
                               const struct stat *s, const struct record_end *end, size_t *n) {
  if (answer == MEMORY_NEWER)
    say_error("%s: a record of another version: use the arenashim command that belongs to the shim "
              "which wrote it",
              path);
  else if (answer != MEMORY_READ)
    say_error("%s: a record that is cut short, within its head: nothing of it can be read", path);
  if (answer != MEMORY_READ)
    return NULL;
  struct record_moment moment = moment_of(path, m, s, end);
  unsigned char *image = record_dump(m, &moment, n);
  memory_free(m);
  return image;
}

unsigned char *record_file_image(const char *path, const unsigned char *bytes, size_t size,
                                 const struct stat *s, const struct record_end *end, size_t *n) {
  struct memory m;
  return image_of(path, memory_of_file(&m, bytes, size), &m, s, end, n);
}

unsigned char *record_file_read(const char *path, int fd, size_t *n) {
  struct memory m;
  struct stat s;
  if (fstat(fd, &s) != 0)
    return NULL;
  return image_of(path, memory_of_fd(&m, fd, MEMORY_ANY), &m, &s, NULL, n);
}
