/* Opens the place of the control word; contract in attach_place.h. */
#include "attach_place.h"
#include "process_status.h"
#include "record_file.h"
#include "record_find.h"
#include "say.h"
#include "source.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- a process ---- */

/* Its memory is forbidden: its record's file, if that may be written. */
static bool open_record_of(struct control_place *to) {
  int saved = errno;
  char *path;
  to->fd = record_find(to->pid, true, &path);
  int why = errno;
  if (to->fd < 0 && path != NULL)
    source_say_file(path, why);
  errno = saved;
  if (to->fd < 0 && path == NULL)
    source_say(to->pid, MEMORY_FORBIDDEN);
  free(path);
  return to->fd >= 0;
}

static bool open_process(struct control_place *to) {
  struct memory m;
  enum memory_answer answer = memory_find(&m, to->pid);
  if (answer == MEMORY_FORBIDDEN)
    return open_record_of(to);
  if (answer != MEMORY_READ)
    source_say(to->pid, answer);
  return answer == MEMORY_READ;
}

/* ---- a file ---- */

static bool runs(const char *path) {
  struct memory m;
  struct stat s;
  pid_t pid;
  int fd = record_open(path, false);
  bool answer = fd >= 0 && fstat(fd, &s) == 0 && memory_head_of_fd(&m, fd) == MEMORY_READ &&
                record_file_runs(path, &m.head, &s, &pid);
  if (fd >= 0)
    close(fd);
  return answer;
}

/* Nobody may have opened it for writing when it is asked whether somebody has. */
static bool open_file(struct control_place *to, const char *path) {
  bool alive = runs(path);
  to->fd = record_open(path, true);
  if (to->fd < 0) {
    source_say_file(path, errno);
    return false;
  }
  if (alive)
    return true;
  say_error("%s: its process has ended: `arenashim report %s` shows what it held", path, path);
  close(to->fd);
  to->fd = -1;
  return false;
}

/* ---- either ---- */

bool attach_place_open(struct control_place *to, const char *what) {
  *to = (struct control_place){.pid = source_pid(what), .fd = -1};
  return to->pid != 0 ? open_process(to) : open_file(to, what);
}

bool attach_place_runs(struct control_place *p, const char *what) {
  struct process_status status;
  if (p->pid == 0) {
    close(p->fd);
    return open_file(p, what);
  }
  bool there = process_status_read(p->pid, &status);
  if (!there)
    source_say(p->pid, MEMORY_GONE);
  return there;
}

void attach_place_close(struct control_place *p) {
  if (p->fd >= 0)
    close(p->fd);
}

void attach_place_say(const struct control_place *p, const char *what, enum memory_answer answer) {
  if (p->fd < 0)
    source_say(p->pid, answer);
  else
    say_error("%s: its record can't be read or written any more: is its disk there?", what);
}
