/* Reads processes and files; contract in source.h. */
#include "source.h"
#include "clock.h"
#include "dump_read.h"
#include "forbidden.h"
#include "record.h"
#include "say.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct source {
  pid_t pid; /* 0: a file */
  char *what;
  enum source_state state;
};

/* ---- processes ---- */

/* Bytes of the process's memory that are resident; 0: not known. */
static uint64_t resident_bytes(pid_t pid) {
  char path[64];
  unsigned long long pages = 0;
  snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
  FILE *f = fopen(path, "re");
  if (f != NULL && fscanf(f, "%*s %llu", &pages) != 1)
    pages = 0;
  if (f != NULL)
    fclose(f);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void say_forbidden(pid_t pid) {
  char *why = forbidden_why(pid);
  say_error("process %d: its memory can't be read: %s", (int)pid, why);
  free(why);
}

void source_say(pid_t pid, enum memory_answer answer) {
  switch (answer) {
  case MEMORY_GONE:
    say_error("process %d: there is none: `arenashim ps` lists those that can be read", (int)pid);
    break;
  case MEMORY_FORBIDDEN:
    say_forbidden(pid);
    break;
  case MEMORY_NEWER:
    say_error("process %d: its shim is of another version: use the arenashim command that belongs "
              "to it",
              (int)pid);
    break;
  default:
    say_error("process %d does not run under libarenashim.so: start it by `arenashim run` or with "
              "LD_PRELOAD=libarenashim.so",
              (int)pid);
  }
}

/* A process that writes no files has not asked the system for these. */
static void name_process(struct record_process *p, pid_t pid) {
  if (p->pid == 0)
    p->pid = (uint32_t)pid;
  if (strcmp(p->host, "unknown") == 0)
    gethostname(p->host, sizeof p->host - 1);
}

/* The image, or NULL and why. */
static unsigned char *image_of(pid_t pid, size_t *bytes, enum memory_answer *answer) {
  struct memory m;
  *answer = memory_of_process(&m, pid, MEMORY_ANY);
  if (*answer != MEMORY_READ)
    return NULL;
  name_process(&m.head.process, pid);
  uint64_t now = clock_ns(CLOCK_MONOTONIC), start = m.head.process.start_mono;
  struct record_moment moment = {.reason = DUMP_FROM_OUTSIDE,
                                 .lived_ns = now > start ? now - start : 0,
                                 .resident = resident_bytes(pid),
                                 .pid = pid};
  unsigned char *image = record_dump(&m, &moment, bytes);
  memory_free(&m);
  return image;
}

unsigned char *source_image(pid_t pid, size_t *bytes) {
  enum memory_answer answer;
  unsigned char *image = image_of(pid, bytes, &answer);
  if (image == NULL)
    source_say(pid, answer);
  return image;
}

static struct dump *read_process(struct source *s) {
  size_t bytes;
  enum memory_answer answer;
  unsigned char *image = image_of(s->pid, &bytes, &answer);
  s->state = image != NULL ? SOURCE_RUNNING : SOURCE_ENDED;
  if (image == NULL && answer != MEMORY_GONE && answer != MEMORY_NONE) /* NONE: it has just ended */
    source_say(s->pid, answer);
  if (image == NULL)
    return NULL;
  struct dump *d = dump_parse(s->what, image, bytes);
  free(image);
  return d;
}

/* ---- either ---- */

static pid_t as_pid(const char *what) {
  char *end;
  long n = strtol(what, &end, 10);
  return *what >= '0' && *what <= '9' && *end == '\0' && n > 0 && n < INT32_MAX ? (pid_t)n : 0;
}

static enum source_state state_of(const struct dump *d) {
  return d->process->reason == DUMP_FROM_OUTSIDE ? SOURCE_RUNNING
         : d->process->reason == DUMP_AFTER_END  ? SOURCE_KILLED
                                                 : SOURCE_FILE;
}

struct source *source_open(const char *what) {
  pid_t pid = as_pid(what);
  enum memory_answer answer = MEMORY_READ;
  struct memory m;
  if (pid != 0)
    answer = memory_find(&m, pid);
  if (answer != MEMORY_READ) {
    source_say(pid, answer);
    return NULL;
  }
  struct source *s = must_zalloc(1, sizeof *s);
  *s = (struct source){pid, must_copy(what), pid != 0 ? SOURCE_RUNNING : SOURCE_FILE};
  return s;
}

struct dump *source_read(struct source *s) {
  if (s->pid != 0)
    return read_process(s);
  struct dump *d = dump_open(s->what);
  s->state = d == NULL ? SOURCE_ENDED : state_of(d);
  return d;
}

struct dump *source_dump(const char *what) {
  if (as_pid(what) == 0 || access(what, F_OK) == 0)
    return dump_open(what);
  size_t bytes;
  unsigned char *image = source_image(as_pid(what), &bytes);
  struct dump *d = image != NULL ? dump_parse(what, image, bytes) : NULL;
  free(image);
  return d;
}

enum source_state source_state(const struct source *s) { return s->state; }

void source_close(struct source *s) {
  free(s->what);
  free(s);
}

/* ---- all processes ---- */

/* Does a file named like the library lie in its memory? */
static bool has_library(pid_t pid) {
  char path[64], *line = NULL;
  size_t room = 0;
  bool has = false;
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  FILE *maps = fopen(path, "re");
  while (maps != NULL && !has && getline(&line, &room, maps) > 0)
    has = strstr(line, "libarenashim") != NULL;
  free(line);
  if (maps != NULL)
    fclose(maps);
  return has;
}

static bool is_wanted(pid_t pid, bool all) {
  struct memory m;
  if (!has_library(pid))
    return false;
  enum memory_answer answer = memory_find(&m, pid);
  return answer == MEMORY_READ || (all && answer != MEMORY_GONE && answer != MEMORY_NONE);
}

size_t source_pids(pid_t **pids, bool all) {
  size_t n = 0;
  DIR *proc = opendir("/proc");
  *pids = must_zalloc(1, sizeof **pids);
  for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;) {
    pid_t pid = as_pid(e->d_name);
    if (pid == 0 || !is_wanted(pid, all))
      continue;
    *pids = must_resize(*pids, n + 1, sizeof **pids);
    (*pids)[n++] = pid;
  }
  if (proc != NULL)
    closedir(proc);
  return n;
}
