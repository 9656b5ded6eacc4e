/* Files without a name; contract in scratch.h. */
#include "scratch.h"
#include "say.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 100, RIGHTS = 0666 };

/* What ends the command, unless it is ignored or has a handler already (a sanitizer's). */
static const int endings[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM, SIGPIPE, SIGALRM,
                              SIGXCPU, SIGXFSZ, SIGABRT, SIGSEGV, SIGBUS,  SIGFPE,
                              SIGILL,  SIGSYS,  SIGUSR1, SIGUSR2};
enum { ENDINGS = sizeof endings / sizeof *endings };

/* The name to remove at the end, and whose process that is: a child that dies removes nothing. */
static char *volatile pending;
static pid_t owner;

static void pending_remove(void) {
  const char *name = pending;
  pending = NULL;
  if (name != NULL && getpid() == owner)
    unlink(name);
}

static void ended(int number) {
  pending_remove();
  raise(number); /* SA_RESETHAND: now it ends us */
}

static void endings_watch(void) {
  static bool watched;
  if (watched)
    return;
  watched = true;
  atexit(pending_remove);
  for (int i = 0; i < ENDINGS; i++) {
    struct sigaction old, new = {.sa_handler = ended, .sa_flags = (int)SA_RESETHAND};
    if (sigaction(endings[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
      sigaction(endings[i], &new, NULL);
  }
}

static void endings_block(sigset_t *before) {
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < ENDINGS; i++)
    sigaddset(&set, endings[i]);
  sigprocmask(SIG_BLOCK, &set, before);
}

static char *random_name(const char *path) {
  uint64_t random = 0;
  if (getrandom(&random, sizeof random, GRND_NONBLOCK) < 0)
    random = (uint64_t)getpid();
  return must_print("%s.%016llx.tmp", path, (unsigned long long)random);
}

static int nameless_open(const char *path) {
  const char *slash = strrchr(path, '/');
  char *directory =
      must_print("%.*s", slash != NULL ? (int)(slash - path) + 1 : 1, slash != NULL ? path : ".");
  /* Its name is given through /proc. */
  int fd = access("/proc/self/fd", X_OK) == 0
               ? open(directory, O_WRONLY | O_TMPFILE | O_CLOEXEC, RIGHTS)
               : -1;
  free(directory);
  return fd;
}

/* `pending` stands before the file does: a signal in between removes a name that nobody has. */
static bool named_open(struct scratch *s, const char *path) {
  endings_watch();
  owner = getpid();
  for (int i = 0; i < TRIES; i++) {
    s->name = random_name(path);
    pending = s->name;
    s->fd = open(s->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, RIGHTS);
    if (s->fd >= 0)
      return true;
    pending = NULL;
    free(s->name);
    s->name = NULL;
    if (errno != EEXIST)
      break;
  }
  return false;
}

bool scratch_open(struct scratch *s, const char *path) {
  *s = (struct scratch){.fd = nameless_open(path)};
  return s->fd >= 0 || named_open(s, path);
}

/* A link can't replace a file, but another name can.  The name in between is there for two system
 * calls, with signals held back. */
static bool name_give(int fd, const char *path) {
  char self[40];
  snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
  if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
    return true;
  if (errno != EEXIST)
    return false;
  char *name = random_name(path);
  sigset_t before;
  endings_block(&before);
  bool given = linkat(AT_FDCWD, self, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0;
  bool kept = given && rename(name, path) == 0;
  int why = errno;
  if (given && !kept)
    unlink(name);
  sigprocmask(SIG_SETMASK, &before, NULL);
  free(name);
  errno = why;
  return kept;
}

bool scratch_keep(struct scratch *s, const char *path) {
  bool kept = s->name == NULL ? name_give(s->fd, path) : rename(s->name, path) == 0;
  int why = errno;
  if (kept)
    pending = NULL;
  scratch_drop(s);
  errno = why;
  return kept;
}

void scratch_drop(struct scratch *s) {
  pending_remove();
  if (s->fd >= 0)
    close(s->fd);
  free(s->name);
  *s = (struct scratch){.fd = -1};
}
