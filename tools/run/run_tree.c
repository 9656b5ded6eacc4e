/* Reads the tree of processes from /proc; contract in run_tree.h. */
#include "run_tree.h"
#include "run_name.h"
#include "say.h"
#include "text.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct process {
  pid_t pid, parent;
  bool is_ours;
};

struct processes {
  struct process *items;
  size_t count;
};

static FILE *proc_open(pid_t pid, const char *file) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, file);
  return fopen(path, "re");
}

/* "PID (name, which may have any byte) STATE PARENT ...".  False for one that has ended. */
static bool process_read(struct process *p) {
  char line[512];
  int parent;
  FILE *f = proc_open(p->pid, "stat");
  size_t length = f != NULL ? fread(line, 1, sizeof line - 1, f) : 0;
  if (f != NULL)
    fclose(f);
  line[length] = '\0';
  const char *end = strrchr(line, ')');
  if (end == NULL || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X' ||
      sscanf(end + 3, "%d", &parent) != 1)
    return false;
  p->parent = parent;
  return true;
}

static int pid_compare(const void *a, const void *b) {
  const struct process *x = a, *y = b;
  return (x->pid > y->pid) - (x->pid < y->pid);
}

static struct processes processes_read(void) {
  struct processes all = {0};
  DIR *proc = opendir("/proc");
  for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;) {
    struct process p = {.pid = (pid_t)strtol(e->d_name, NULL, 10)};
    if (p.pid <= 0 || !process_read(&p))
      continue;
    all.items = must_resize(all.items, all.count + 1, sizeof *all.items);
    all.items[all.count++] = p;
  }
  if (proc != NULL)
    closedir(proc);
  if (all.count > 0)
    qsort(all.items, all.count, sizeof *all.items, pid_compare);
  return all;
}

static bool is_ours(const struct processes *all, pid_t pid) {
  struct process it = {.pid = pid};
  const struct process *p = bsearch(&it, all->items, all->count, sizeof it, pid_compare);
  return p != NULL && p->is_ours;
}

/* A process can have a smaller number than its parent: until a round finds no more. */
static void descendants_mark(const struct processes *all) {
  for (bool more = true; more;) {
    more = false;
    for (struct process *p = all->items; p < all->items + all->count; p++)
      if (!p->is_ours && (p->parent == getpid() || is_ours(all, p->parent)))
        more = p->is_ours = true;
  }
}

bool process_has_shim(pid_t pid, const char *shim) {
  const char *name = file_base(shim);
  char *line = NULL;
  size_t room = 0, length = strlen(name);
  bool has = false;
  FILE *f = proc_open(pid, "maps");
  while (f != NULL && !has && getline(&line, &room, f) > 0) {
    const char *base = file_base(line);
    has = base != line && strncmp(base, name, length) == 0 &&
          (base[length] == '\n' || base[length] == ' ');
  }
  if (f != NULL)
    fclose(f);
  free(line);
  return has;
}

static char *program_name(pid_t pid) {
  static const char deleted[] = " (deleted)";
  char link[64], path[PATH_MAX];
  snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
  ssize_t length = readlink(link, path, sizeof path - 1);
  path[length > 0 ? length : 0] = '\0';
  char *end = strstr(file_base(path), deleted);
  if (end != NULL && end[sizeof deleted - 1] == '\0')
    *end = '\0';
  return run_name(path);
}

struct survivors survivors_find(const char *shim) {
  struct survivors s = {0};
  struct processes all = processes_read();
  if (all.count > 0)
    descendants_mark(&all);
  for (size_t i = 0; i < all.count; i++) {
    pid_t pid = all.items[i].pid;
    if (!all.items[i].is_ours || !process_has_shim(pid, shim))
      continue;
    s.items = must_resize(s.items, s.count + 1, sizeof *s.items);
    s.items[s.count++] = (struct survivor){pid, program_name(pid)};
  }
  free(all.items);
  return s;
}

void survivors_free(struct survivors *s) {
  for (size_t i = 0; i < s->count; i++)
    free(s->items[i].name);
  free(s->items);
}
