/* What a path pattern stands for, and what is already there (path_pattern.h, output_path.h). */
#include "directory.h"

#include <time.h>

/* ---- patterns ---- */

static const char *expanded(const char *pattern, const char *what) {
  static char bytes[PATTERN_MAX];
  struct text t = {.bytes = bytes, .capacity = sizeof bytes - 1};
  pattern_expand(&t, pattern, what, 12);
  bytes[t.length] = '\0';
  return bytes;
}

static void fields(void) {
  char right[100];
  snprintf(right, sizeof right, "a.prog.%d.host.example.12.%%.z", getpid());
  require(strcmp(expanded("a.%e.%p.%h.%n.%%.z", "dump"), right) == 0);
  long before = time(NULL), t = strtol(expanded("%t", "dump"), NULL, 10);
  require(t >= before && t <= time(NULL));
  require(strcmp(expanded("%x %", "dump"), "%x %") == 0); /* not ours: as it stands */
  require(strcmp(expanded("", "report"), "") == 0);
}

static void directories(void) {
  char dump[100], report[100];
  snprintf(dump, sizeof dump, "d/12/prog.%d.dump", getpid());
  snprintf(report, sizeof report, "d/12/prog.%d.txt", getpid());
  require(strcmp(expanded("d/%n/", "dump"), dump) == 0);
  require(strcmp(expanded("d/%n/", "report"), report) == 0);
}

static void too_long(void) {
  char bytes[8];
  struct text fits = {.bytes = bytes, .capacity = 8}, cut = {.bytes = bytes, .capacity = 8};
  pattern_expand(&fits, "abc.%e", "dump", 1);
  require(!fits.full && fits.length == 8 && memcmp(bytes, "abc.prog", 8) == 0);
  pattern_expand(&cut, "abcd.%e", "dump", 1);
  require(cut.full && cut.length == 8 && memcmp(bytes, "abcd.pro", 8) == 0);
}

static void descriptors(void) {
  static const struct {
    const char *path;
    int descriptor;
  } known[] = {
      {"/dev/stdout", 1},     {"/dev/stderr", 2},   {"/dev/fd/0", 0},        {"/dev/fd/37", 37},
      {"/proc/self/fd/5", 5}, {"/dev/fd/", -1},     {"/dev/fd/3x", -1},      {"/dev/fd/-1", -1},
      {"/dev/stdin", -1},     {"/dev/stdout/", -1}, {"stdout", -1},          {"", -1},
      {"/dev/fd/1/2", -1},    {"/dev/null", -1},    {"/proc/self/fd/x", -1},
  };
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    require(output_path_fd(known[i].path) == known[i].descriptor);
  require(output_path_fd("/dev/fd/99999999999999999999") != 1); /* no number comes round */
}

/* ---- what is there ---- */

/* Devices and pipes are written to only if nobody else can have put them there. */
static void looks(void) {
  write_file("file", "");
  require(mkfifo("pipe", 0600) == 0 && mkfifo("open/pipe", 0600) == 0);
  require(mkfifo("open/two", 0600) == 0 && link("open/two", "open/names") == 0);
  require(symlink("/dev/null", "to-device") == 0 && symlink("/dev/null", "open/to-device") == 0);
  require(symlink("file", "to-file") == 0 && symlink("nothing", "to-nothing") == 0);
  require(output_kind_of("none") == OUTPUT_FILE && output_kind_of("no/where") == OUTPUT_FILE);
  require(output_kind_of("file") == OUTPUT_FILE && output_kind_of(own) == OUTPUT_FILE);
  require(output_kind_of("to-file") == OUTPUT_FILE && output_kind_of("to-nothing") == OUTPUT_FILE);
  require(output_kind_of("pipe") == OUTPUT_DIRECT && output_kind_of("/dev/null") == OUTPUT_DIRECT);
  require(output_kind_of("to-device") == OUTPUT_DIRECT &&
          output_kind_of("open/to-device") == OUTPUT_FILE);
  require(output_kind_of("open/pipe") == OUTPUT_DIRECT); /* ours, with one name */
  require(output_kind_of("open/two") == OUTPUT_FILE);    /* somebody can have linked it there */
}

static void errors(void) {
  require(output_error("new") == 0 && output_error("/dev/fd/9") == 0 &&
          output_error("/dev/null") == 0);
  require(output_error("no/where") == ENOENT && output_error("open") == EISDIR);
  write_file("file", "");
  require(output_error("file") == 0 && output_error("file/below") == ENOTDIR);
  require(!exists("new"));
  if (geteuid() != 0) { /* root may write everywhere */
    require(mkdir("shut", 0500) == 0);
    require(output_error("shut/new") == EACCES);
  }
}

/* ---- opening ---- */

static void pipes(void) {
  char got[8] = "";
  require(mkfifo("read", 0600) == 0);
  int reader = open("read", O_RDONLY | O_NONBLOCK), fd = output_open_direct("read");
  require(fd > STDERR_FILENO && write(fd, "word", 4) == 4 && read(reader, got, 8) == 4);
  require((fcntl(fd, F_GETFD) & FD_CLOEXEC) && (fcntl(fd, F_GETFL) & O_NONBLOCK));
  close(fd);
  close(reader);
  uint32_t since = os_now_ms();
  require(output_open_direct("read") == -1 && errno == ENXIO);
  require(os_now_ms() - since >= 900);
  require(output_open_direct("none") == -1 && errno == ENOENT);
}

/* Even where the program has closed 0, 1 and 2. */
static void above_stdio(void) {
  char temporary[OUTPUT_NAME_MAX], name[OUTPUT_NAME_MAX] = "d";
  int said = dup(STDERR_FILENO);
  for (int i = 0; i < 3; i++)
    close(i);
  int direct = output_open_direct("/dev/null"), fd = output_open_temporary(name, temporary);
  bool right = direct > 2 && fd > 2 && fcntl(0, F_GETFD) < 0 && fcntl(2, F_GETFD) < 0;
  dup2(said, STDERR_FILENO);
  require(right);
}

static mode_t mode_of(const char *name) {
  struct stat s;
  require(lstat(name, &s) == 0);
  return s.st_mode & 07777;
}

static void temporary_files(void) {
  char temporary[OUTPUT_NAME_MAX], name[OUTPUT_NAME_MAX] = "d",
                                   open_name[OUTPUT_NAME_MAX] = "open/d";
  int fd = output_open_temporary(name, temporary);
  require(fd >= 0 && strncmp(temporary, "d.tmp.", 6) == 0 && strlen(temporary) == 14);
  require(exists(temporary) && !exists("d") && mode_of(temporary) == (0666 & ~022));
  close(fd);
  fd = output_open_temporary(open_name, temporary);
  require(fd >= 0 && strncmp(temporary, "open/d.tmp.", 11) == 0 && mode_of(temporary) == 0600);
  close(fd);
  char nowhere[OUTPUT_NAME_MAX] = "no/where", directory[OUTPUT_NAME_MAX] = "open";
  require(output_open_temporary(nowhere, temporary) == -1 && errno == ENOENT && *temporary == '\0');
  require(output_open_temporary(directory, temporary) == -1 && errno == EISDIR &&
          *temporary == '\0');
}

/* A name that is there already, whatever it is, is left alone and another one tried. */
static void temporary_names_collide(void) {
  char temporary[OUTPUT_NAME_MAX], name[OUTPUT_NAME_MAX] = "d";
  write_file("victim", "theirs");
  require(symlink("victim", "d.tmp.dcba4321") == 0);
  collisions = 5;
  int fd = output_open_temporary(name, temporary);
  require(fd >= 0 && randoms_given == 6 && strcmp(temporary, "d.tmp.60000000") == 0);
  require(holds("victim", "theirs"));
  collisions = 1000;
  require(output_open_temporary(name, temporary) == -1 && errno == EEXIST && *temporary == '\0');
}

/* ---- naming ---- */

static const char *given(const char *content) {
  static char name[OUTPUT_NAME_MAX];
  strcpy(name, "d");
  write_file("t", content);
  return output_rename("t", name, 7) && !exists("t") && holds(name, content) ? name : "";
}

static void names_that_are_taken(void) {
  char with_pid[OUTPUT_NAME_MAX], with_number[OUTPUT_NAME_MAX];
  snprintf(with_pid, sizeof with_pid, "d.%d", getpid());
  snprintf(with_number, sizeof with_number, "d.%d.7", getpid());
  require(strcmp(given("first"), "d") == 0);
  require(strcmp(given("second"), with_pid) == 0);
  require(strcmp(given("third"), with_number) == 0);
  const char *fourth = given("fourth");
  size_t n = strlen(with_number);
  require(strncmp(fourth, with_number, n) == 0 && fourth[n] == '.' && strlen(fourth) == n + 9);
  require(holds("d", "first") && holds(with_pid, "second") && holds(with_number, "third"));
}

/* When no name is free the file keeps its temporary one, and the name is what was asked for. */
static void no_name_is_free(void) {
  char name[OUTPUT_NAME_MAX] = "d";
  collisions = 1000;
  for (unsigned i = 0; i < 4; i++)
    require(*given("x") != '\0');
  write_file("t", "kept");
  require(!output_rename("t", name, 7) && errno == EEXIST);
  require(strcmp(name, "d") == 0 && holds("t", "kept"));
  require(!output_rename("none", name, 7) && errno == ENOENT);
}

APART(fields)
APART(directories)
APART(too_long)
APART(descriptors)
APART(looks)
APART(errors)
APART(pipes)
APART(above_stdio)
APART(temporary_files)
APART(temporary_names_collide)
APART(names_that_are_taken)
APART(no_name_is_free)

#define IN_OWN(test) cmocka_unit_test_setup_teardown(test, own_begin, own_end)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields),
      cmocka_unit_test(test_directories),
      cmocka_unit_test(test_too_long),
      cmocka_unit_test(test_descriptors),
      IN_OWN(test_looks),
      IN_OWN(test_errors),
      IN_OWN(test_pipes),
      IN_OWN(test_above_stdio),
      IN_OWN(test_temporary_files),
      IN_OWN(test_temporary_names_collide),
      IN_OWN(test_names_that_are_taken),
      IN_OWN(test_no_name_is_free),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
