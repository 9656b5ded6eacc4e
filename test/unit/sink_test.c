/* Where reports and dumps go (sink.h): the pattern's place, then others; names that are taken; what
 * is said of it on stderr; descriptors that the program closes; signals that writing raises.
 */
#include "directory.h"

#include "output_fds.h"
#include "own_calls.h"
#include "sandbox.h"
#include "sink.h"

/* ---- answers of the shim's other parts ---- */

static struct options options;
static bool sandboxed;
const struct options *options_now(void) { return &options; }
bool sandbox_forbids_reports(void) { return sandboxed; }
_Atomic unsigned own_writes_signalled;

/* ---- words ---- */

static struct sink k;

/* A writer: writes `content` unless it is to fail with `fails`, or while `fail_times` is above 0.
 */
static const char *content = "the report\n";
static int fails, fail_times = 1 << 30;
static unsigned written;
static bool writer(struct sink *s, void *argument) {
  require(s == &k && argument == &written && s->fd >= 0);
  written++;
  errno = fails;
  if (fails != 0 && fail_times-- > 0)
    return false;
  return write(s->fd, content, strlen(content)) == (ssize_t)strlen(content);
}

static int write_to(const char *pattern) {
  return sink_write(&k, "report", pattern, false, writer, &written);
}
static int write_silently(const char *pattern) {
  return sink_write(&k, "report", pattern, true, writer, &written);
}

/* Stderr becomes a file; what it holds is shown when a require() fails. */
static int shown;
static void show_what_was_said(int signal) {
  char have[4096];
  int fd = open("said", O_RDONLY);
  ssize_t n = fd < 0 ? 0 : read(fd, have, sizeof have);
  (void)signal;
  (void)!write(shown, have, n > 0 ? (size_t)n : 0);
}

static void begin(void) {
  shown = fcntl(STDERR_FILENO, F_DUPFD, 50);
  signal(SIGABRT, show_what_was_said);
  int fd = open("said", O_RDWR | O_CREAT | O_TRUNC | O_APPEND, 0600);
  require(fd >= 0 && dup2(fd, STDERR_FILENO) == STDERR_FILENO);
  close(fd);
  output_fds_remember(&options);
}

static bool said(const char *line) { return holds("said", line); }

/* ---- files ---- */

static void a_file(void) {
  begin();
  require(write_to("r.%n") == 0 && write_to("r.%n") == 0);
  require(holds("r.1", content) && holds("r.2", content) && said(""));
  require(count_files("*") == 4 && k.fd == -1); /* two reports, open, said: no temporary file */
}

static void a_name_that_is_taken(void) {
  char longer[64];
  begin();
  snprintf(longer, sizeof longer, "r.%d", getpid());
  write_file("r", "theirs");
  require(write_to("r") == 0 && holds("r", "theirs") && holds(longer, content) && said(""));
  require(strcmp(k.name, longer) == 0);
}

static void a_file_that_is_linked_to(void) {
  begin();
  write_file("victim", "theirs");
  require(symlink("victim", "r") == 0 && write_to("r") == 0);
  require(holds("victim", "theirs") && count_files("r.*") == 1);
}

/* ---- other places ---- */

static void no_directory(void) {
  char line[256], elsewhere[64];
  snprintf(options.temporary, sizeof options.temporary, "%s/open//", own);
  begin();
  require(write_to("no/where") == 0 && holds("open/where", content) && written == 1);
  snprintf(elsewhere, sizeof elsewhere, "%s/open/where", own);
  snprintf(
      line, sizeof line,
      "arenashim: can't write the report to no/where: No such file or directory; written to %s "
      "instead\n",
      elsewhere);
  require(said(line));
}

/* What was begun elsewhere is begun again from the start, and nothing half written is left. */
static void the_disk_is_full(void) {
  char line[256];
  snprintf(options.temporary, sizeof options.temporary, "%s/open", own);
  begin();
  fails = ENOSPC, fail_times = 1;
  require(write_to("r") == 0 && written == 2 && holds("open/r", content));
  require(count_files("r*") == 0 && count_files("open/*") == 1);
  snprintf(line, sizeof line,
           "arenashim: can't write the report to r: No space left on device; written to %s/open/r "
           "instead\n",
           own);
  require(said(line));
}

static void no_place_at_all(void) {
  char line[400], name[32], files[64];
  snprintf(options.temporary, sizeof options.temporary, "%s/open", own);
  begin();
  fails = ENOSPC;
  snprintf(name, sizeof name, "r.%d", getpid());
  require(write_to("r.%p") == ENOSPC && written == 3);
  snprintf(
      line, sizeof line,
      "arenashim: can't write the report to %s: No space left on device, nor to %s/open/%s: No "
      "space left on device, nor to /tmp/%s: No space left on device; the program goes on "
      "without it\n",
      name, own, name, name);
  require(said(line));
  snprintf(files, sizeof files, "r* open/* /tmp/%s*", name);
  require(count_files(files) == 0);
}

/* Of $TMPDIR only a path from the root is used, and no place is tried twice. */
static void directories_that_are_no_help(void) {
  char pattern[64];
  begin();
  fails = ENOSPC;
  strcpy(options.temporary, "open");
  require(write_to("r") == ENOSPC && written == 2); /* r, /tmp/r */
  strcpy(options.temporary, "/tmp");
  require(write_to("r") == ENOSPC && written == 4);
  snprintf(options.temporary, sizeof options.temporary, "%s", own);
  snprintf(pattern, sizeof pattern, "%s/r", own);
  require(write_to(pattern) == ENOSPC && written == 6);
}

static void silently(void) {
  begin();
  require(write_silently("no/where") == ENOENT && written == 0 && said(""));
  fails = EIO;
  require(write_silently("r") == EIO && written == 1 && said("") && count_files("r*") == 0);
}

static void too_long(void) {
  char pattern[PATTERN_MAX];
  memset(pattern, 'x', sizeof pattern);
  memcpy(pattern + sizeof pattern - 3, "%p", 3);
  begin();
  require(write_silently(pattern) == ENAMETOOLONG && written == 0);
}

static void in_a_sandbox(void) {
  begin();
  sandboxed = true;
  fails = EPERM;
  sink_refuse(&k, "dump", "d.%n", false, EPERM);
  require(
      said("arenashim: can't write the dump to d.0: the program's seccomp filter forbids it; the "
           "program goes on without it\n"));
}

static void refused(void) {
  begin();
  errno = 77;
  sink_refuse(&k, "dump", "d/\n%n", false, ENOMEM);
  require(errno == 77 && !exists("d"));
  require(said(
      "arenashim: can't write the dump to d/\\x0a0: Cannot allocate memory; the program goes on "
      "without it\n"));
}

/* ---- at the start ---- */

static void checked(void) {
  begin();
  options.stats = options.dump = true;
  strcpy(options.stats_pattern, "no/where");
  strcpy(options.dump_pattern, "d");
  errno = 77;
  sink_check(&options);
  require(errno == 77 && !exists("d") && !exists("no"));
  require(
      said("arenashim: can't write the report to no/where: No such file or directory; unless that "
           "changes before it is written, it goes to $TMPDIR or /tmp\n"));
}

/* ---- descriptors ---- */

static void set_stats(const char *pattern) {
  options.stats = true;
  strcpy(options.stats_pattern, pattern);
}

/* The program closes the descriptor that an option named, and opens another file under its number.
 */
static void a_descriptor_that_is_closed(void) {
  int fd = open("wanted", O_WRONLY | O_CREAT, 0600);
  require(fd >= 0 && dup2(fd, 40) == 40);
  set_stats("/dev/fd/40");
  begin();
  close(fd);
  write_file("other", "");
  int other = open("other", O_WRONLY);
  require(dup2(other, 40) == 40);
  require(write_to("/dev/fd/40") == 0 && holds("wanted", content) && holds("other", ""));
}

/* Only its own number is left of it: that is used while it is the same file. */
static void without_a_copy(void) {
  begin();
  require(write_to("") == 0 && said(content)); /* to stderr, of which no option needs a copy */
  write_file("other", "");
  int other = open("other", O_WRONLY);
  require(dup2(other, STDERR_FILENO) == STDERR_FILENO);
  require(write_to("") == EBADF && holds("other", "") && said(content));
}

static void stderr_is_kept(void) {
  set_stats("");
  begin();
  close(STDERR_FILENO);
  require(write_to("") == 0 && said(content));
}

/* A call may name any descriptor; a pattern only one that an option named at the start. */
static void a_descriptor_that_no_option_named(void) {
  begin();
  int fd = open("r", O_WRONLY | O_CREAT, 0600);
  require(dup2(fd, 41) == 41);
  require(write_silently("/dev/fd/41") == 0 && holds("r", content));
  require(write_to("/dev/fd/41") == EBADF && holds("r", content));
  require(said("arenashim: can't write the report to /dev/fd/41: Bad file descriptor; the program "
               "goes on without it\n"));
}

/* ---- signals ---- */

static bool break_pipe(struct sink *s, void *argument) {
  (void)argument;
  sigset_t pending;
  bool good = write(s->fd, "x", 1) == 1;
  sigpending(&pending);
  atomic_fetch_add(&own_writes_signalled, !good);
  require(!good && errno == EPIPE && sigismember(&pending, SIGPIPE));
  errno = EPIPE;
  return false;
}

/* The signal of our own write does not reach the program; one that was there before does. */
static void a_pipe_that_nobody_reads(void) {
  int ends[2];
  sigset_t pending, one, before;
  require(pipe(ends) == 0 && dup2(ends[1], 42) == 42);
  close(ends[0]);
  set_stats("/dev/fd/42");
  begin();
  require(sink_write(&k, "report", "/dev/fd/42", false, break_pipe, NULL) == EPIPE);
  sigpending(&pending);
  sigprocmask(SIG_SETMASK, NULL, &before);
  require(!sigismember(&pending, SIGPIPE) && !sigismember(&before, SIGPIPE));
  require(said("arenashim: can't write the report to /dev/fd/42: Broken pipe; the program goes on "
               "without it\n"));

  sigemptyset(&one);
  sigaddset(&one, SIGPIPE);
  sigprocmask(SIG_BLOCK, &one, NULL);
  raise(SIGPIPE);
  require(sink_write(&k, "report", "/dev/fd/42", true, break_pipe, NULL) == EPIPE);
  sigpending(&pending);
  require(sigismember(&pending, SIGPIPE));
}

/* ---- interrupted ---- */

static bool abandon(struct sink *s, void *argument) {
  (void)argument;
  require(write(s->fd, "before", 6) == 6);
  sink_abandon(s);
  require(write(s->fd, "after", 5) == 5);
  return true;
}

/* A fork's child goes on writing to nowhere; the parent's file is as the parent left it. */
static void abandoned(void) {
  begin();
  require(sink_write(&k, "report", "r", false, abandon, NULL) == 0);
  require(!exists("r") && count_files("r.tmp.*") == 1 && said(""));
  require(holds("r.tmp.10000000", "before"));
}

static bool give_up(struct sink *s, void *argument) {
  (void)argument;
  require(count_files("r.tmp.*") == 1);
  sink_give_up(s);
  require(count_files("r.tmp.*") == 0);
  return true;
}

static void given_up(void) {
  begin();
  sink_write(&k, "report", "r", false, give_up, NULL);
  require(!exists("r") && count_files("r*") == 0);
}

APART(a_file)
APART(a_name_that_is_taken)
APART(a_file_that_is_linked_to)
APART(no_directory)
APART(the_disk_is_full)
APART(no_place_at_all)
APART(directories_that_are_no_help)
APART(silently)
APART(too_long)
APART(in_a_sandbox)
APART(refused)
APART(checked)
APART(a_descriptor_that_is_closed)
APART(without_a_copy)
APART(stderr_is_kept)
APART(a_descriptor_that_no_option_named)
APART(a_pipe_that_nobody_reads)
APART(abandoned)
APART(given_up)

#define IN_OWN(test) cmocka_unit_test_setup_teardown(test, own_begin, own_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_OWN(test_a_file),
      IN_OWN(test_a_name_that_is_taken),
      IN_OWN(test_a_file_that_is_linked_to),
      IN_OWN(test_no_directory),
      IN_OWN(test_the_disk_is_full),
      IN_OWN(test_no_place_at_all),
      IN_OWN(test_directories_that_are_no_help),
      IN_OWN(test_silently),
      IN_OWN(test_too_long),
      IN_OWN(test_in_a_sandbox),
      IN_OWN(test_refused),
      IN_OWN(test_checked),
      IN_OWN(test_a_descriptor_that_is_closed),
      IN_OWN(test_without_a_copy),
      IN_OWN(test_stderr_is_kept),
      IN_OWN(test_a_descriptor_that_no_option_named),
      IN_OWN(test_a_pipe_that_nobody_reads),
      IN_OWN(test_abandoned),
      IN_OWN(test_given_up),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
