/* Where reports go; contract in sink.h. */
#include "sink.h"
#include "own_calls.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

/* High, where few programs count or close by hand; lower if the limit says so. */
enum { STDERR_COPY_FROM = 500 };

static struct {
  int fd; /* the copy + 1; 0: none */
  dev_t device;
  ino_t inode;
  _Atomic unsigned sequence;
} kept;

void sink_keep_stderr(void) {
  struct stat s;
  int saved = errno;
  int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_COPY_FROM);
  if (fd < 0)
    fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  if (fd >= 0 && fstat(fd, &s) == 0) {
    kept.fd = fd + 1;
    kept.device = s.st_dev;
    kept.inode = s.st_ino;
  }
  errno = saved;
}

/* Daemons close all descriptors and open others under the same numbers. */
static bool is_kept(int fd) {
  struct stat s;
  return fd >= 0 && fstat(fd, &s) == 0 && s.st_dev == kept.device && s.st_ino == kept.inode;
}

/* Who asks for a report by a call that no option foresaw means stderr as it is now. */
static int stderr_now(bool on_call) {
  if (kept.fd == 0)
    return on_call ? STDERR_FILENO : -1;
  if (is_kept(kept.fd - 1))
    return kept.fd - 1;
  return is_kept(STDERR_FILENO) ? STDERR_FILENO : -1;
}

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

static bool complain(const struct sink *k, int error) {
  char buffer[SINK_NAME_MAX + 128];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: can't write the ");
  text_str(&t, k->what);
  text_str(&t, " to ");
  text_str(&t, k->name);
  text_str(&t, ": ");
  text_str(&t, sandbox_forbids_reports() ? "the program's seccomp filter forbids it"
                                         : strerrordesc_np(error));
  text_str(&t, "; the program goes on without it\n");
  if (!k->silent)
    text_write(&t, stderr_now(false));
  errno = error;
  return false;
}

static void text_field(struct text *to, char field) {
  struct utsname host;
  switch (field) {
  case 'p':
    text_u64(to, (uint64_t)getpid());
    break;
  case 'e':
    text_str(to, program_invocation_short_name);
    break;
  case 'h':
    text_str(to, uname(&host) == 0 ? host.nodename : "unknown");
    break;
  case 't':
    text_u64(to, (uint64_t)time(NULL));
    break;
  case 'n':
    text_u64(to, atomic_load(&kept.sequence));
    break;
  case '%':
    text_char(to, '%');
    break;
  default: /* not one of ours: as it stands */
    text_char(to, '%');
    text_char(to, field);
  }
}

void sink_expand(struct text *to, const char *pattern) {
  for (; *pattern != '\0'; pattern++) {
    if (*pattern == '%' && pattern[1] != '\0')
      text_field(to, *++pattern);
    else
      text_char(to, *pattern);
  }
}

static void append_number(char name[SINK_NAME_MAX], const char *infix, uint64_t n) {
  struct text t = {.bytes = name, .capacity = SINK_NAME_MAX - 1, .length = strlen(name)};
  text_str(&t, infix);
  text_u64(&t, n);
  name[t.length] = '\0';
}

static bool open_directly(struct sink *k) {
  k->fd = open(k->name, O_WRONLY | O_CLOEXEC | O_NOCTTY);
  return k->fd >= 0 || complain(k, errno);
}

static bool open_temporary(struct sink *k) {
  sigset_t before;
  hold_all(&before);
  memcpy(k->temporary, k->name, sizeof k->name);
  append_number(k->temporary, ".tmp.", (uint64_t)getpid());
  k->is_file = true;
  k->fd = open(k->temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return k->fd >= 0 || complain(k, errno);
}

static void name_it(struct sink *k, const char *pattern) {
  struct text t = {.bytes = k->name, .capacity = PATTERN_MAX - 1};
  sink_expand(&t, pattern);
  k->name[t.length] = '\0';
}

static bool open_named(struct sink *k, const char *pattern) {
  struct stat s;
  if (*pattern == '\0') {
    k->fd = stderr_now(k->silent);
    errno = EBADF;
    return k->fd >= 0;
  }
  name_it(k, pattern);
  if (stat(k->name, &s) == 0 && !S_ISREG(s.st_mode))
    return open_directly(k);
  return open_temporary(k);
}

bool sink_open(struct sink *k, const char *what, const char *pattern, bool silent) {
  *k = (struct sink){.fd = -1, .what = what, .silent = silent};
  atomic_fetch_add(&kept.sequence, 1);
  hold_signals(k);
  bool opened = open_named(k, pattern);
  if (!opened)
    release_signals(k);
  return opened;
}

void sink_refuse(struct sink *k, const char *what, const char *pattern, bool silent, int error) {
  int saved = errno;
  *k = (struct sink){.fd = -1, .what = what, .silent = silent};
  name_it(k, pattern);
  hold_signals(k);
  complain(k, error);
  release_signals(k);
  errno = saved;
}

/* link fails if the name exists, rename would replace it.  Then the pid is appended, and for a
 * further report of this process its number.  File systems without hard links get the rename. */
static bool give_name(struct sink *k) {
  const uint64_t endings[] = {(uint64_t)getpid(), atomic_load(&kept.sequence)};
  for (unsigned i = 0; link(k->temporary, k->name) != 0; i++) {
    if (errno != EEXIST || i == sizeof endings / sizeof *endings)
      return rename(k->temporary, k->name) == 0;
    append_number(k->name, ".", endings[i]);
  }
  return unlink(k->temporary) == 0;
}

/* 0, or why it is not where it should be. */
static int close_named(struct sink *k, bool written) {
  sigset_t before;
  int error = written ? 0 : errno;
  hold_all(&before);
  if (close(k->fd) != 0 && error == 0)
    error = errno;
  k->fd = -1;
  if (error == 0 && k->is_file && !give_name(k))
    error = errno;
  if (error != 0 && k->is_file)
    unlink(k->temporary);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

bool sink_close(struct sink *k, bool written) {
  if (k->name[0] != '\0') {
    int error = close_named(k, written);
    written = error == 0 || complain(k, error);
  }
  release_signals(k);
  return written;
}

void sink_abandon(struct sink *k) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0 && k->name[0] != '\0')
    dup3(nowhere, k->fd, O_CLOEXEC);
  if (nowhere >= 0)
    close(nowhere);
  k->is_file = false;
  k->silent = true;
}
