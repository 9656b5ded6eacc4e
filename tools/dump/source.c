/* Reads processes and files; contract in source.h. */
#include "source.h"
#include "clock.h"
#include "dump_read.h"
#include "forbidden.h"
#include "process_status.h"
#include "record.h"
#include "record_file.h"
#include "record_find.h"
#include "say.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct source {
  pid_t pid; /* 0: a file */
  char *what;
  enum source_state state;
  uint64_t pages_due_ns; /* when its pages may be looked at again */
};

/* Of the time, what looking at the pages takes at most: a hundredth. */
enum { PAGES_SHARE = 100 };

/* ---- processes ---- */

pid_t source_pid(const char *what) {
  char *end;
  long n = strtol(what, &end, 10);
  return *what >= '0' && *what <= '9' && *end == '\0' && n > 0 && n < INT32_MAX ? (pid_t)n : 0;
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

/* Out of its record's file, where the memory is forbidden; MEMORY_FORBIDDEN: there is none. */
static enum memory_answer books_of_file(struct memory *m, pid_t pid) {
  char *path;
  int fd = record_find(pid, false, &path);
  free(path);
  if (fd < 0)
    return MEMORY_FORBIDDEN;
  enum memory_answer answer = memory_of_fd(m, fd, MEMORY_ANY);
  close(fd);
  return answer;
}

/* The image, or NULL and why.  `pages`: with what its pages are for. */
static unsigned char *image_of(pid_t pid, bool pages, size_t *bytes, enum memory_answer *answer) {
  struct memory m;
  *answer = memory_of_process(&m, pid, MEMORY_ANY);
  bool forbidden = *answer == MEMORY_FORBIDDEN;
  if (forbidden)
    *answer = books_of_file(&m, pid);
  if (*answer != MEMORY_READ)
    return NULL;
  name_process(&m.head.process, pid);
  uint64_t now = clock_ns(CLOCK_MONOTONIC), start = m.head.process.start_mono;
  struct record_moment moment = {.reason = DUMP_FROM_OUTSIDE,
                                 .lived_ns = now > start ? now - start : 0,
                                 .resident = process_resident(pid),
                                 .pid = pages && !forbidden ? pid : 0};
  unsigned char *image = record_dump(&m, &moment, bytes);
  memory_free(&m);
  return image;
}

static unsigned char *image_of_process(pid_t pid, size_t *bytes) {
  enum memory_answer answer;
  unsigned char *image = image_of(pid, true, bytes, &answer);
  if (image == NULL)
    source_say(pid, answer);
  return image;
}

void source_say_file(const char *path, int why) {
  if (why == EINVAL)
    say_error("%s: not a record: name the file of ARENASHIM_RECORD, or a PID", path);
  else
    say_error("%s: its record can't be opened: %s: %s", path, strerror(why),
              why == EACCES || why == EPERM
                  ? "its owner and root can"
                  : "name the file of ARENASHIM_RECORD, or a PID: `arenashim ps` lists these");
}

static unsigned char *image_of_record(const char *path, size_t *bytes) {
  int fd = record_open(path, false);
  if (fd < 0) {
    source_say_file(path, errno);
    return NULL;
  }
  unsigned char *image = record_file_read(path, fd, bytes);
  close(fd);
  return image;
}

unsigned char *source_image(const char *what, size_t *bytes) {
  pid_t pid = source_pid(what);
  return pid != 0 ? image_of_process(pid, bytes) : image_of_record(what, bytes);
}

static struct dump *read_process(struct source *s) {
  size_t bytes;
  enum memory_answer answer;
  uint64_t begun = clock_ns(CLOCK_MONOTONIC);
  bool pages = begun >= s->pages_due_ns;
  unsigned char *image = image_of(s->pid, pages, &bytes, &answer);
  if (pages)
    s->pages_due_ns = begun + PAGES_SHARE * (clock_ns(CLOCK_MONOTONIC) - begun);
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

static enum source_state state_of(const struct dump *d) {
  return d->process->reason == DUMP_FROM_OUTSIDE ? SOURCE_RUNNING
         : d->process->reason == DUMP_AFTER_END  ? SOURCE_KILLED
                                                 : SOURCE_FILE;
}

/* Can its books be read, from memory or from a file? */
static enum memory_answer look(pid_t pid) {
  struct memory m;
  enum memory_answer answer = memory_find(&m, pid);
  char *path = NULL;
  int fd = answer == MEMORY_FORBIDDEN ? record_find(pid, false, &path) : -1;
  if (fd >= 0) {
    answer = memory_head_of_fd(&m, fd);
    close(fd);
  }
  free(path);
  return answer;
}

struct source *source_open(const char *what) {
  pid_t pid = source_pid(what);
  enum memory_answer answer = pid != 0 ? look(pid) : MEMORY_READ;
  if (answer != MEMORY_READ) {
    source_say(pid, answer);
    return NULL;
  }
  struct source *s = must_zalloc(1, sizeof *s);
  *s = (struct source){
      .pid = pid, .what = must_copy(what), .state = pid != 0 ? SOURCE_RUNNING : SOURCE_FILE};
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
  if (source_pid(what) == 0 || access(what, F_OK) == 0)
    return dump_open(what);
  size_t bytes;
  unsigned char *image = source_image(what, &bytes);
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

enum mappings { MAPPINGS_OTHER, MAPPINGS_SHIM, MAPPINGS_CLOSED };

/* Does a file named like the library lie in its memory? */
static enum mappings mappings_of(pid_t pid) {
  char path[64], *line = NULL;
  size_t room = 0;
  bool has = false;
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  FILE *maps = fopen(path, "re");
  if (maps == NULL)
    return errno == EACCES || errno == EPERM ? MAPPINGS_CLOSED : MAPPINGS_OTHER;
  while (!has && getline(&line, &room, maps) > 0)
    has = strstr(line, "libarenashim") != NULL;
  free(line);
  fclose(maps);
  return has ? MAPPINGS_SHIM : MAPPINGS_OTHER;
}

/* What is looked for among the processes; `records`: one is near, and may be a closed process's. */
struct wanted {
  bool all, records;
  struct source_closed closed;
};

static void closed_count(struct source_closed *closed, pid_t pid) {
  struct process_status of;
  if (!process_status_read(pid, &of)) /* it has just ended */
    return;
  if (of.user == geteuid())
    closed->of_ours++;
  else
    closed->of_others++;
  if (closed->first == 0)
    closed->first = pid;
}

static bool is_wanted(struct wanted *w, pid_t pid) {
  enum mappings mappings = mappings_of(pid);
  bool closed = mappings == MAPPINGS_CLOSED;
  if (mappings == MAPPINGS_OTHER)
    return false;
  enum memory_answer answer = closed && !w->records ? MEMORY_FORBIDDEN : look(pid);
  if (closed && answer == MEMORY_FORBIDDEN)
    closed_count(&w->closed, pid);
  return answer == MEMORY_READ ||
         (!closed && w->all && answer != MEMORY_GONE && answer != MEMORY_NONE);
}

size_t source_pids(pid_t **pids, bool all, struct source_closed *closed) {
  struct wanted w = {.all = all, .records = record_is_near()};
  size_t n = 0;
  DIR *proc = opendir("/proc");
  *pids = must_zalloc(1, sizeof **pids);
  for (struct dirent *e; proc != NULL && (e = readdir(proc)) != NULL;) {
    pid_t pid = source_pid(e->d_name);
    if (pid == 0 || !is_wanted(&w, pid))
      continue;
    *pids = must_resize(*pids, n + 1, sizeof **pids);
    (*pids)[n++] = pid;
  }
  if (proc != NULL)
    closedir(proc);
  if (closed != NULL)
    *closed = w.closed;
  return n;
}
