/* Tries one path after the other; contract in sink.h. */
#include "sink.h"
#include "os.h"
#include "output_fds.h"
#include "own_calls.h"
#include "program.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static _Atomic unsigned sequence; /* reports and dumps so far */

/* ---- signals ---- */

/* Writing must not end the program when no process reads the pipe (SIGPIPE) or the file is at its
 * size limit (SIGXFSZ).  The kernel sends both to the thread that writes: they are blocked
 * meanwhile, and one that our own write raised is removed before they are unblocked. */
static void hold_signals(struct sink *k) {
  sigset_t pending;
  sigemptyset(&pending);
  sigemptyset(&k->held);
  sigaddset(&k->held, SIGPIPE);
  sigaddset(&k->held, SIGXFSZ);
  pthread_sigmask(SIG_BLOCK, &k->held, &k->before);
  /* A signal that was not blocked before cannot be pending: no system call is needed then. */
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

/* Blocks all signals while a file is created or named, so that a signal handler that forks finds
 * either no temporary file, or one that is open (sink_abandon). */
static void hold_all(sigset_t *before) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, before);
}

/* ---- the line on stderr ---- */

/* The words that follow the path. */
static const char *reason(int error) {
  if (sandbox_forbids_reports())
    return "the program's seccomp filter forbids it";
  if (error == EMEDIUMTYPE)
    return "it is no regular file";
  if (error == EISDIR)
    return "Is a directory (end it with / for files in it)";
  return error == ENXIO ? "no process reads this pipe" : strerrordesc_np(error);
}

/* Adds the path that was tried, and why that failed, to the line. */
static void note_failure(struct sink *k, int error) {
  struct text *t = &k->line;
  if (t->length == 0) {
    text_str(t, "arenashim: can't write the ");
    text_str(t, k->what);
    text_str(t, " to ");
  } else {
    text_str(t, ", nor to ");
  }
  text_foreign(t, k->name, OUTPUT_NAME_MAX);
  text_str(t, ": ");
  text_str(t, reason(error));
}

/* Ends the line and prints it, unless the caller wants none. */
static void print_line(struct sink *k, const char *rest) {
  text_str(&k->line, rest);
  text_char(&k->line, '\n');
  if (!k->silent)
    text_write(&k->line, output_fd(STDERR_FILENO, false));
}

static void print_found(struct sink *k) {
  text_str(&k->line, "; written to ");
  text_foreign(&k->line, k->name, OUTPUT_NAME_MAX);
  print_line(k, " instead");
}

/* ---- writing to one path ---- */

static bool open_temporary(struct sink *k) {
  sigset_t before;
  hold_all(&before);
  k->fd = output_open_temporary(k->name, k->temporary);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return k->fd >= 0;
}

static bool open_file(struct sink *k) {
  errno = EMEDIUMTYPE;
  return output_path_fd(k->name) < 0 && output_kind_of(k->name) == OUTPUT_FILE && open_temporary(k);
}

static bool open_named(struct sink *k) {
  if (k->file)
    return open_file(k);
  int number = output_path_fd(k->name);
  if (number >= 0) {
    k->kind = OUTPUT_DESCRIPTOR;
    k->fd = output_fd(number, k->silent);
    errno = EBADF;
    return k->fd >= 0;
  }
  k->kind = output_kind_of(k->name);
  if (k->kind != OUTPUT_DIRECT)
    return open_temporary(k);
  k->fd = output_open_direct(k->name);
  if (k->fd >= 0 || errno != ELOOP)
    return k->fd >= 0;
  k->kind = OUTPUT_FILE; /* another user has put a different file there */
  return open_temporary(k);
}

static bool give_name(struct sink *k) {
  return k->replace ? output_replace(k->temporary, k->name)
                    : output_rename(k->temporary, k->name, atomic_load(&sequence));
}

/* `error`: of writing.  Returns 0 if the file has its name; otherwise the errno value that says why
 * it does not exist. */
static int close_named(struct sink *k, int error) {
  sigset_t before;
  if (k->kind == OUTPUT_DESCRIPTOR || k->kind == OUTPUT_STDERR)
    return error;
  hold_all(&before);
  if (close(k->fd) != 0 && error == 0)
    error = errno;
  k->fd = -1;
  if (error == 0 && k->temporary[0] != '\0' && !give_name(k))
    error = errno;
  if (error != 0 && k->temporary[0] != '\0')
    unlink(k->temporary);
  k->temporary[0] = '\0';
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

static int try_path(struct sink *k, bool (*write)(struct sink *, void *), void *argument) {
  if (!open_named(k))
    return errno;
  return close_named(k, write(k, argument) ? 0 : errno);
}

/* ---- the path, then other directories ---- */

/* Sets k->name to the same file name in another directory; false if that is the pattern's own
 * directory, is no absolute path, or is too long. */
static bool name_in(struct sink *k, const char *directory) {
  const char *base = text_base(k->wanted);
  size_t length = strlen(directory);
  while (length > 1 && directory[length - 1] == '/')
    length--;
  if (directory[0] != '/' || length + 1 + strlen(base) >= PATTERN_MAX ||
      (strncmp(k->wanted, directory, length) == 0 && k->wanted + length + 1 == base))
    return false;
  struct text t = {.bytes = k->name, .capacity = OUTPUT_NAME_MAX - 1};
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
      error = try_path(k, write, argument);
      if (error != 0)
        note_failure(k, error);
    }
  return error;
}

/* Sets k->wanted and k->name to the path that the pattern stands for; false if it is too long. */
static bool set_name(struct sink *k, const char *pattern, uint64_t number) {
  struct text t = {.bytes = k->wanted, .capacity = PATTERN_MAX - 1};
  pattern_expand(&t, pattern, k->what, number);
  k->wanted[t.length] = '\0';
  memcpy(k->name, k->wanted, sizeof k->name);
  return !t.full;
}

static int write_named(struct sink *k, const char *pattern, bool (*write)(struct sink *, void *),
                       void *argument) {
  k->kind = OUTPUT_FILE;
  int error =
      set_name(k, pattern, atomic_load(&sequence)) ? try_path(k, write, argument) : ENAMETOOLONG;
  if (error == 0)
    return 0;
  note_failure(k, error);
  if (k->kind == OUTPUT_FILE && !k->silent && !k->file)
    error = try_elsewhere(k, write, argument, error);
  if (error == 0)
    print_found(k);
  else
    print_line(k, "; the program goes on without it");
  return error;
}

static int write_stderr(struct sink *k, bool (*write)(struct sink *, void *), void *argument) {
  k->kind = OUTPUT_STDERR;
  k->fd = output_fd(STDERR_FILENO, k->silent);
  if (k->fd < 0)
    return EBADF;
  return write(k, argument) ? 0 : errno;
}

static void begin(struct sink *k, const char *what, bool silent) {
  k->fd = -1;
  k->kind = OUTPUT_STDERR;
  k->what = what;
  k->silent = silent;
  k->wanted[0] = k->name[0] = k->temporary[0] = '\0';
  k->line = (struct text){.bytes = k->line_bytes, .capacity = sizeof k->line_bytes - 1};
  hold_signals(k);
}

int sink_write(struct sink *k, const char *what, const char *pattern, bool silent,
               bool (*write)(struct sink *k, void *argument), void *argument) {
  if (!k->replace)
    atomic_fetch_add(&sequence, 1);
  begin(k, what, silent);
  int error = *pattern == '\0' ? write_stderr(k, write, argument)
                               : write_named(k, pattern, write, argument);
  release_signals(k);
  return error;
}

void sink_refuse(struct sink *k, const char *what, const char *pattern, bool silent, int error) {
  int saved = errno;
  begin(k, what, silent);
  set_name(k, pattern, atomic_load(&sequence));
  note_failure(k, error);
  print_line(k, "; the program goes on without it");
  release_signals(k);
  errno = saved;
}

/* ---- at the start ---- */

/* Prints a line if that file cannot be created as things are now. */
static void check_one(struct sink *k, const char *what, const char *pattern) {
  int saved = errno;
  begin(k, what, false);
  set_name(k, pattern, 1);
  int error = output_error(k->name);
  if (error != 0) {
    note_failure(k, error);
    print_line(k, "; unless that changes before it is written, it goes to $TMPDIR or /tmp");
  }
  release_signals(k);
  errno = saved;
}

void sink_check(const struct options *o) {
  static struct sink space; /* once, in the single-threaded start */
  if (o->stats && *o->stats_pattern != '\0')
    check_one(&space, "report", o->stats_pattern);
  if (options_have_dumps(o))
    check_one(&space, "dump", o->dump_pattern);
}

/* ---- a write that will not be finished ---- */

void sink_abandon(struct sink *k) {
  int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0 && k->fd >= 0 && (k->kind == OUTPUT_FILE || k->kind == OUTPUT_DIRECT))
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
