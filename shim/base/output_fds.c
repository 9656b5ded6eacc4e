/* Remembers and finds them; contract in output_fds.h. */
#include "output_fds.h"
#include "output_path.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT = 3 };

struct kept {
  int number;
  int copy;   /* -1: none */
  bool known; /* it was open at the start, as this file: */
  dev_t device;
  ino_t inode;
};

static struct kept kept[KEPT]; /* stderr, the report's, the dump's */

/* A copy above the soft limit, where no program looks and none gets a descriptor.  The limit is
 * raised for that moment, if the hard limit allows it; -1 if not. */
static int copy_above(int fd, const struct rlimit *limit) {
  struct rlimit raised = {.rlim_cur = limit->rlim_cur + 1, .rlim_max = limit->rlim_max};
  if (limit->rlim_cur >= limit->rlim_max || limit->rlim_cur > OWN_DESCRIPTORS_BELOW ||
      limit->rlim_cur <= STDERR_FILENO || setrlimit(RLIMIT_NOFILE, &raised) != 0)
    return -1;
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, (int)limit->rlim_cur);
  setrlimit(RLIMIT_NOFILE, limit);
  return copy;
}

/* A copy with the highest free number: programs get the lowest ones, and close from there. */
static int copy_below(int fd, const struct rlimit *limit) {
  int to = limit->rlim_cur < OWN_DESCRIPTORS_BELOW ? (int)limit->rlim_cur - 1
                                                   : OWN_DESCRIPTORS_BELOW - 1;
  while (to > STDERR_FILENO && fcntl(to, F_GETFD) >= 0)
    to--;
  return to > STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, to) : -1;
}

static int copy_high(int fd) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return -1;
  int copy = copy_above(fd, &limit);
  return copy >= 0 ? copy : copy_below(fd, &limit);
}

static void keep(struct kept *k, int number, bool copied) {
  struct stat s;
  *k = (struct kept){.number = number, .copy = -1};
  if (number < 0 || fstat(number, &s) != 0)
    return;
  k->known = true;
  k->device = s.st_dev;
  k->inode = s.st_ino;
  if (copied)
    k->copy = copy_high(number);
}

/* The descriptor that a pattern names; -1 for none, and for stderr, which is kept apart. */
static int descriptor_of(bool wanted, const char *pattern) {
  int number = wanted ? output_path_fd(pattern) : -1;
  return number == STDERR_FILENO ? -1 : number;
}

static bool goes_to_stderr(bool wanted, const char *pattern) {
  return wanted && (*pattern == '\0' || output_path_fd(pattern) == STDERR_FILENO);
}

void output_fds_remember(const struct options *o) {
  int saved = errno;
  bool by_signal = o->signals != 0 && !o->stats && !o->dump;
  bool copied = by_signal || goes_to_stderr(o->stats, o->stats_pattern) ||
                goes_to_stderr(o->dump, o->dump_pattern);
  keep(&kept[0], STDERR_FILENO, copied);
  keep(&kept[1], descriptor_of(o->stats, o->stats_pattern), true);
  keep(&kept[2], descriptor_of(o->dump, o->dump_pattern), true);
  errno = saved;
}

/* Is fd still that file?  Daemons close all descriptors and open others under the same numbers. */
static bool is_same(const struct kept *k, int fd) {
  struct stat s;
  return fd >= 0 && fstat(fd, &s) == 0 && s.st_dev == k->device && s.st_ino == k->inode;
}

static int descriptor_now(const struct kept *k) {
  return !k->known ? -1 : is_same(k, k->copy) ? k->copy : is_same(k, k->number) ? k->number : -1;
}

int output_fd(int number, bool on_call) {
  for (unsigned i = 0; i < KEPT; i++)
    if (kept[i].known && kept[i].number == number)
      return descriptor_now(&kept[i]);
  return on_call ? number : -1;
}
