/* Where reports and dumps go; contract in sink.h. */
#include "sink.h"
#include "os.h"
#include "own_calls.h"
#include "program.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEPT = 3 };

/* A descriptor of the program that reports are written to: what it was at the start. */
struct kept {
  int number;
  int copy; /* -1: none */
  bool known;
  dev_t device;
  ino_t inode;
};

/* The first is stderr. */
static struct {
  struct kept kept[KEPT];
  _Atomic unsigned sequence;
} sinks;

/* ---- descriptors ---- */

/* Above the soft limit, which ends where programs look and what they can get: it is raised for the
 * moment, where the hard limit lets us. */
static int copy_above(int fd, const struct rlimit *limit) {
  struct rlimit raised = {.rlim_cur = limit->rlim_cur + 1, .rlim_max = limit->rlim_max};
  if (limit->rlim_cur >= limit->rlim_max || limit->rlim_cur > OWN_DESCRIPTORS_BELOW ||
      limit->rlim_cur <= STDERR_FILENO || setrlimit(RLIMIT_NOFILE, &raised) != 0)
    return -1;
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, (int)limit->rlim_cur);
  setrlimit(RLIMIT_NOFILE, limit);
  return copy;
}

/* The highest that is free: programs take the lowest, and count from there. */
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

/* What a pattern's descriptor is; stderr has its own place. */
static int descriptor_of(bool wanted, const char *pattern) {
  int number = wanted ? place_descriptor(pattern) : -1;
  return number == STDERR_FILENO ? -1 : number;
}

static bool goes_to_stderr(bool wanted, const char *pattern) {
  return wanted && (*pattern == '\0' || place_descriptor(pattern) == STDERR_FILENO);
}

void sink_setup(const struct options *o) {
  int saved = errno;
  bool by_signal = o->signals != 0 && !o->stats && !o->dump;
  bool copied = by_signal || goes_to_stderr(o->stats, o->stats_pattern) ||
                goes_to_stderr(o->dump, o->dump_pattern);
  keep(&sinks.kept[0], STDERR_FILENO, copied);
  keep(&sinks.kept[1], descriptor_of(o->stats, o->stats_pattern), true);
  keep(&sinks.kept[2], descriptor_of(o->dump, o->dump_pattern), true);
  errno = saved;
}

/* Daemons close all descriptors and open others under the same numbers. */
static bool is_same(const struct kept *k, int fd) {
  struct stat s;
  return fd >= 0 && fstat(fd, &s) == 0 && s.st_dev == k->device && s.st_ino == k->inode;
}

static int descriptor_now(const struct kept *k) {
  return !k->known ? -1 : is_same(k, k->copy) ? k->copy : is_same(k, k->number) ? k->number : -1;
}

/* A call that asks for a report to a descriptor which no option named means that descriptor as it
 * is now. */
static int descriptor_find(int number, bool on_call) {
  for (unsigned i = 0; i < KEPT; i++)
    if (sinks.kept[i].known && sinks.kept[i].number == number)
      return descriptor_now(&sinks.kept[i]);
  return on_call ? number : -1;
}

/* ---- signals ---- */

/* Writing must not end the program: nobody reads the pipe, or the file is at its limit.  These
 * two signals are for the thread that writes; one that comes of our writes is taken away. */
static void hold_signals(struct sink *k) {
  sigset_t pending;
  sigemptyset(&pending);
  sigemptyset(&k->held);
  sigaddset(&k->held, SIGPIPE);
  sigaddset(&k->held, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &k->held, &k->before);
  /* One that was not blocked before cannot be pending, and needs no question. */
  if (sigismember(&k->before, SIGPIPE) || sigismember(&k->before, SIGXFSZ))
    sigpending(&pending);
  k->pending = sigismember(&pending, SIGPIPE) || sigismember(&pending, SIGXFSZ);
  k->signalled = atomic_load(&own_writes_signalled);
}

static void release_signals(struct sink *k) {
  const struct timespec now = {0};
  int saved = errno;
  bool signalled = k->signalled != atomic_load(&own_writes_signalled);
  while (signalled && !k->pending && sigtimedwait(&k->held, NULL, &now) > 0)
    ;
  pthread_sigmask(SIG_SETMASK, &k->before, NULL);
  errno = saved;
}

/* A fork in a signal handler finds the temporary file not begun, or open and to be abandoned. */
static void hold_all(sigset_t *before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, before);
}

/* ---- what is said ---- */

static const char *reason(int error) {
  if (sandbox_forbids_reports())
    return "the program's seccomp filter forbids it";
  if (error == EISDIR)
    return "Is a directory (end it with / for files in it)";
  return error == ENXIO ? "Nobody reads it" : strerrordesc_np(error);
}

static void note_failure(struct sink *k, int error) {
  struct text *t = &k->line;
  if (t->length == 0) {
    text_str(t, "arenashim: can't write the ");
    text_str(t, k->what);
    text_str(t, " to ");
  } else {
    text_str(t, ", nor to ");
  }
  text_foreign(t, k->name, SINK_NAME_MAX);
  text_str(t, ": ");
  text_str(t, reason(error));
}

static void say(struct sink *k, const char *rest) {
  text_str(&k->line, rest);
  text_char(&k->line, '\n');
  if (!k->silent)
    text_write(&k->line, descriptor_now(&sinks.kept[0]));
}

static void say_found(struct sink *k) {
  text_str(&k->line, "; it is ");
  text_foreign(&k->line, k->name, SINK_NAME_MAX);
  say(k, " instead");
}

/* ---- one place ---- */

static bool open_temporary(struct sink *k) {
  sigset_t before;
  hold_all(&before);
  k->fd = place_open_temporary(k->name, k->temporary);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return k->fd >= 0;
}

static bool open_named(struct sink *k) {
  int number = place_descriptor(k->name);
  if (number >= 0) {
    k->kind = PLACE_DESCRIPTOR;
    k->fd = descriptor_find(number, k->silent);
    errno = EBADF;
    return k->fd >= 0;
  }
  k->kind = place_look(k->name);
  if (k->kind != PLACE_DIRECT)
    return open_temporary(k);
  k->fd = place_open_direct(k->name);
  if (k->fd >= 0 || errno != ELOOP)
    return k->fd >= 0;
  k->kind = PLACE_FILE; /* somebody exchanged it */
  return open_temporary(k);
}

/* 0, or why it is not where it should be. */
static int close_named(struct sink *k, int error) {
  sigset_t before;
  if (k->kind == PLACE_DESCRIPTOR || k->kind == PLACE_STDERR)
    return error;
  hold_all(&before);
  if (close(k->fd) != 0 && error == 0)
    error = errno;
  k->fd = -1;
  if (error == 0 && k->temporary[0] != '\0' &&
      !place_give_name(k->temporary, k->name, atomic_load(&sinks.sequence)))
    error = errno;
  if (error != 0 && k->temporary[0] != '\0')
    unlink(k->temporary);
  k->temporary[0] = '\0';
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static int try_place(struct sink *k, bool (*write)(struct sink *, void *), void *argument) {
  if (!open_named(k))
    return errno;
  return close_named(k, write(k, argument) ? 0 : errno);
}

/* ---- all places ---- */

/* The file's name in another directory; false if that is the one that was wanted, or none. */
static bool name_in(struct sink *k, const char *directory) {
  const char *base = text_base(k->wanted);
  size_t length = strlen(directory);
  while (length > 1 && directory[length - 1] == '/')
    length--;
  if (directory[0] != '/' || length + 1 + strlen(base) >= PATTERN_MAX ||
      (strncmp(k->wanted, directory, length) == 0 && k->wanted + length + 1 == base))
    return false;
  struct text t = {.bytes = k->name, .capacity = SINK_NAME_MAX - 1};
  for (size_t i = 0; i < length; i++)
    text_char(&t, directory[i]);
  text_char(&t, '/');
  text_str(&t, base);
  k->name[t.length] = '\0';
  return true;
}

static int try_elsewhere(struct sink *k, bool (*write)(struct sink *, void *), void *argument,
                         int error) {
  const char *temporary = options_now()->temporary;
  const char *const directories[] = {temporary, strcmp(temporary, "/tmp") != 0 ? "/tmp" : ""};
  for (size_t i = 0; error != 0 && i < sizeof directories / sizeof *directories; i++)
    if (name_in(k, directories[i])) {
      error = try_place(k, write, argument);
      if (error != 0)
        note_failure(k, error);
    }
  return error;
}

/* False: the pattern becomes a name that is too long. */
static bool name_it(struct sink *k, const char *pattern, uint64_t number) {
  struct text t = {.bytes = k->wanted, .capacity = PATTERN_MAX - 1};
  place_expand(&t, pattern, k->what, number);
  k->wanted[t.length] = '\0';
  memcpy(k->name, k->wanted, sizeof k->name);
  return !t.full;
}

static int write_named(struct sink *k, const char *pattern, bool (*write)(struct sink *, void *),
                       void *argument) {
  k->kind = PLACE_FILE;
  int error = name_it(k, pattern, atomic_load(&sinks.sequence)) ? try_place(k, write, argument)
                                                                : ENAMETOOLONG;
  if (error == 0)
    return 0;
  note_failure(k, error);
  if (k->kind == PLACE_FILE && !k->silent)
    error = try_elsewhere(k, write, argument, error);
  if (error == 0)
    say_found(k);
  else
    say(k, "; the program goes on without it");
  return error;
}

static int write_stderr(struct sink *k, bool (*write)(struct sink *, void *), void *argument) {
  k->kind = PLACE_STDERR;
  k->fd = descriptor_find(STDERR_FILENO, k->silent);
  if (k->fd < 0)
    return EBADF;
  return write(k, argument) ? 0 : errno;
}

static void begin(struct sink *k, const char *what, bool silent) {
  k->fd = -1;
  k->kind = PLACE_STDERR;
  k->what = what;
  k->silent = silent;
  k->wanted[0] = k->name[0] = k->temporary[0] = '\0';
  k->line = (struct text){.bytes = k->line_bytes, .capacity = sizeof k->line_bytes - 1};
  hold_signals(k);
}

int sink_write(struct sink *k, const char *what, const char *pattern, bool silent,
               bool (*write)(struct sink *k, void *argument), void *argument) {
  atomic_fetch_add(&sinks.sequence, 1);
  begin(k, what, silent);
  int error = *pattern == '\0' ? write_stderr(k, write, argument)
                               : write_named(k, pattern, write, argument);
  release_signals(k);
  return error;
}

void sink_refuse(struct sink *k, const char *what, const char *pattern, bool silent, int error) {
  int saved = errno;
  begin(k, what, silent);
  name_it(k, pattern, atomic_load(&sinks.sequence));
  note_failure(k, error);
  say(k, "; the program goes on without it");
  release_signals(k);
  errno = saved;
}

/* ---- at the start ---- */

static void check_one(struct sink *k, const char *what, const char *pattern) {
  int saved = errno;
  begin(k, what, false);
  name_it(k, pattern, 1);
  int error = place_error(k->name);
  if (error != 0) {
    note_failure(k, error);
    say(k, "; unless that changes before it is written, it goes to $TMPDIR or /tmp");
  }
  release_signals(k);
  errno = saved;
}

void sink_check(const struct options *o) {
  static struct sink space; /* once, in the single-threaded start */
  if (o->stats && *o->stats_pattern != '\0')
    check_one(&space, "report", o->stats_pattern);
  if (o->dump)
    check_one(&space, "dump", o->dump_pattern);
}

/* ---- interrupted ---- */

void sink_abandon(struct sink *k) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0 && k->fd >= 0 && (k->kind == PLACE_FILE || k->kind == PLACE_DIRECT))
    dup3(nowhere, k->fd, O_CLOEXEC);
  if (nowhere >= 0)
    close(nowhere);
  k->temporary[0] = '\0';
  k->silent = true;
}

void sink_give_up(struct sink *k) {
  if (k->temporary[0] != '\0')
    unlink(k->temporary);
  k->temporary[0] = '\0';
}
