/* Finds records; contract in record_find.h. */
#include "record_find.h"
#include "memory.h"
#include "process_status.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- a file ---- */

static bool is_record(int fd) {
  unsigned char magic[8];
  struct stat s;
  return fstat(fd, &s) == 0 && S_ISREG(s.st_mode) &&
         pread(fd, magic, sizeof magic, 0) == (ssize_t)sizeof magic &&
         memory_magic_fits(magic, sizeof magic);
}

int record_open(const char *path, bool write) {
  int fd = open(path, (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd < 0 || is_record(fd))
    return fd;
  close(fd);
  errno = EINVAL;
  return -1;
}

static bool is_of(const struct record_process *p, const struct stat *s,
                  const struct process_status *of) {
  return p->state == RECORD_RUNNING &&
         (of == NULL || (s->st_uid == of->user && process_may_be(of, p->pid, p->start_mono)));
}

/* Is it the record of that process, or with NULL of any that was running?  *start: when that began,
 * by CLOCK_MONOTONIC. */
static bool file_is_of(int fd, const struct process_status *of, uint64_t *start) {
  struct record_head *head = must_alloc(sizeof *head);
  struct stat about;
  bool fits = fstat(fd, &about) == 0 && pread(fd, head, sizeof *head, 0) == (ssize_t)sizeof *head &&
              head->major == RECORD_MAJOR && is_of(&head->process, &about, of);
  *start = fits ? head->process.start_mono : 0;
  free(head);
  return fits;
}

/* ---- named by the process's mappings ---- */

static bool has_inode(const char *path, unsigned long long inode) {
  struct stat s;
  return stat(path, &s) == 0 && S_ISREG(s.st_mode) && s.st_ino == inode;
}

/* The path that a name has from here, to be freed: in the process's own mounts, or in ours. */
static char *path_from_here(pid_t pid, const char *name, unsigned long long inode) {
  char *path = must_print("/proc/%d/root%s", (int)pid, name);
  if (has_inode(path, inode))
    return path;
  free(path);
  return has_inode(name, inode) ? must_copy(name) : NULL;
}

/* Does the file at that path belong to the process, or may it?  Another file system's may have that
 * number, too, and that of the device is not the same here and there (btrfs, overlayfs): so what
 * the record says of itself counts. */
static bool may_be_record_of(pid_t pid, const char *path) {
  struct process_status of;
  uint64_t start;
  int fd = record_open(path, false);
  if (fd < 0)
    return errno != EINVAL;
  bool fits = process_status_read(pid, &of) && file_is_of(fd, &of, &start);
  close(fd);
  return fits;
}

/* The file of a line of /proc/PID/maps, if it is its record or may be; NULL: it is not. */
static char *path_of_line(pid_t pid, char *line) {
  char access[5];
  unsigned long long inode;
  int at = 0;
  line[strcspn(line, "\n")] = '\0';
  if (sscanf(line, "%*s %4s %*s %*s %llu %n", access, &inode, &at) != 2 || at == 0 ||
      strcmp(access, "rw-s") != 0 || line[at] != '/')
    return NULL;
  char *path = path_from_here(pid, line + at, inode);
  if (path == NULL || may_be_record_of(pid, path))
    return path;
  free(path);
  return NULL;
}

static char *find_by_maps(pid_t pid) {
  char name[64], *line = NULL, *path = NULL;
  size_t room = 0;
  snprintf(name, sizeof name, "/proc/%d/maps", (int)pid);
  FILE *maps = fopen(name, "re");
  while (maps != NULL && path == NULL && getline(&line, &room, maps) > 0)
    path = path_of_line(pid, line);
  free(line);
  if (maps != NULL)
    fclose(maps);
  return path;
}

/* ---- looked for ---- */

struct search {
  const struct process_status *of; /* NULL: of any process that was running */
  char *path;                      /* the youngest so far; NULL: none */
  uint64_t start;
};

static void look_at(struct search *s, char *path) {
  uint64_t start;
  int fd = record_open(path, false);
  bool fits = fd >= 0 && file_is_of(fd, s->of, &start) && start >= s->start;
  if (fd >= 0)
    close(fd);
  if (fits) {
    free(s->path);
    s->path = must_copy(path);
    s->start = start;
  }
}

static void look_into(struct search *s, const char *directory) {
  DIR *d = opendir(directory);
  for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
    if (e->d_type != DT_REG && e->d_type != DT_UNKNOWN)
      continue;
    char *path = must_print("%s/%s", directory, e->d_name);
    look_at(s, path);
    free(path);
  }
  if (d != NULL)
    closedir(d);
}

/* Of the directories that can be meant; one whose own name is a pattern is not looked into. */
static char *look_for(const struct process_status *of) {
  struct search s = {.of = of};
  const char *pattern = getenv("ARENASHIM_RECORD"), *slash;
  if (pattern != NULL && (slash = strrchr(pattern, '/')) != NULL) {
    char *directory = must_print("%.*s/", (int)(slash - pattern), pattern);
    look_into(&s, directory);
    free(directory);
  }
  if (s.path == NULL)
    look_into(&s, ".");
  return s.path;
}

static char *find_by_look(pid_t pid) {
  struct process_status of;
  return process_status_read(pid, &of) ? look_for(&of) : NULL;
}

bool record_is_near(void) {
  char *path = look_for(NULL);
  free(path);
  return path != NULL;
}

int record_find(pid_t pid, bool write, char **path) {
  *path = find_by_maps(pid);
  if (*path == NULL)
    *path = find_by_look(pid);
  return *path != NULL ? record_open(*path, write) : -1;
}
