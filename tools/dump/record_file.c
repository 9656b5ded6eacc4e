/* What the file of a record says of its process's end; contract in record_file.h. */
#include "record_file.h"
#include "clock.h"
#include "record.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* Is that the process's name, as anybody may ask for it? */
static bool is_called(int pid, const char *program) {
  enum { KEPT = 15 }; /* bytes of a name */
  char path[64], name[32] = "";
  snprintf(path, sizeof path, "/proc/%d/comm", pid);
  FILE *f = fopen(path, "re");
  bool same = f != NULL && fgets(name, sizeof name, f) != NULL;
  if (f != NULL)
    fclose(f);
  name[strcspn(name, "\n")] = '\0';
  return same && strncmp(name, program, KEPT) == 0;
}

/* The process's number may be that of another namespace: a container's, read from its host. */
static bool is_mapped_somewhere(const struct record_process *p, const struct stat *s) {
  enum mapped own = look((int)p->pid, s);
  bool found = own == MAPPED || (own == MAPPED_NOT_KNOWN && is_called((int)p->pid, p->program));
  DIR *proc = opendir("/proc");
  for (struct dirent *e; !found && proc != NULL && (e = readdir(proc)) != NULL;) {
    int other = (int)strtol(e->d_name, NULL, 10);
    found = other > 0 && look(other, s) == MAPPED;
  }
  if (proc != NULL)
    closedir(proc);
  return found;
}

static struct record_moment moment_of(const struct memory *m, const struct stat *s,
                                      const struct record_end *end) {
  const struct record_process *p = &m->head.process;
  uint64_t now = clock_ns(CLOCK_MONOTONIC);
  bool runs = p->state == RECORD_RUNNING && end == NULL && is_mapped_somewhere(p, s);
  uint64_t until = runs && now > p->start_mono ? now : p->changed_mono;
  return (struct record_moment){.reason = runs                       ? DUMP_FROM_OUTSIDE
                                          : p->state == RECORD_ENDED ? DUMP_AT_EXIT
                                                                     : DUMP_AFTER_END,
                                .signal = end != NULL ? end->signal : 0,
                                .replaced = end != NULL && end->replaced,
                                .lived_ns = until > p->start_mono ? until - p->start_mono : 0,
                                .resident = p->resident};
}

unsigned char *record_file_image(const char *path, const unsigned char *bytes, size_t size,
                                 const struct stat *s, const struct record_end *end, size_t *n) {
  struct memory m;
  enum memory_answer answer = memory_of_file(&m, bytes, size);
  if (answer == MEMORY_NEWER)
    say_error("%s: a record of another version: use the arenashim command that belongs to the shim "
              "which wrote it",
              path);
  else if (answer != MEMORY_READ)
    say_error("%s: a record that is cut short, within its head: nothing of it can be read", path);
  if (answer != MEMORY_READ)
    return NULL;
  struct record_moment moment = moment_of(&m, s, end);
  unsigned char *image = record_dump(&m, &moment, n);
  memory_free(&m);
  return image;
}
