/* Reads it from the kernel; contract in program.h. */
#include "program.h"
#include "os.h"
#include "program_path.h"
#include "text.h"

#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static struct {
  char name[PROGRAM_NAME_MAX + 1];
  char host[PROGRAM_NAME_MAX + 1];
  char command[PROGRAM_COMMAND_MAX + 1];
  uint64_t seed;
  _Atomic uint64_t drawn;
} program = {.name = "unknown", .host = "unknown"};

/* ---- names that are safe in a path ---- */

static bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '+' || c == '-';
}

static void clean(char to[PROGRAM_NAME_MAX + 1], const char *from) {
  size_t n = 0;
  bool only_dots = true;
  for (; n < PROGRAM_NAME_MAX && from[n] != '\0'; n++) {
    to[n] = (char)(is_plain(from[n]) ? from[n] : '_');
    only_dots = only_dots && to[n] == '.';
  }
  if (only_dots)
    to[0] = '_';
  to[n > 0 ? n : 1] = '\0';
}

/* ---- the program's file ---- */

static bool is_same_file(const char *a, const char *b) {
  struct stat x, y;
  return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Was the program given to exec as a descriptor (fexecve)?  Its number is no name. */
static bool is_descriptor(const char *path) {
  return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/dev/fd/", 8) == 0;
}

/* Takes the name of the file that runs, if that is not the file exec was called with: a script's
 * interpreter, or a descriptor's file.  A link to the file that runs keeps the link's name. `given`
 * is the path that exec was called with (or that ld.so, started by hand, was given). */
static void read_running_file(const char *given) {
  program_path_read();
  const char *path = program_path();
  if (*path != '\0' && strcmp(text_base(path), text_base(given)) != 0 &&
      (is_descriptor(given) || !is_same_file(path, given)))
    clean(program.name, text_base(path));
}

static void read_host(void) {
  struct utsname host;
  if (uname(&host) == 0)
    clean(program.host, host.nodename);
}

/* The kernel gives each process 16 random bytes at exec; a seccomp filter can forbid getrandom. */
static void read_seed(void) {
  const char *given = (const char *)getauxval(AT_RANDOM); /* NOLINT: the kernel's word for it */
  uint64_t asked = 0;
  if (given != NULL)
    memcpy(&program.seed, given + sizeof program.seed, sizeof program.seed);
  if (getrandom(&asked, sizeof asked, GRND_NONBLOCK) == (ssize_t)sizeof asked)
    program.seed ^= asked;
}

void program_read(bool in_full) {
  const char *given = (const char *)getauxval(AT_EXECFN); /* NOLINT: the kernel's word for it */
  int saved = errno;
  if (given != NULL)
    clean(program.name, text_base(given));
  if (in_full) {
    read_running_file(given != NULL ? given : "");
    read_host();
    read_seed();
  }
  errno = saved;
}

/* ---- the command line ---- */

static void add_all(struct text *t, int count, char *const *arguments) {
  for (int i = 0; i < count && arguments[i] != NULL; i++) {
    text_str(t, i > 0 ? " " : "");
    text_str(t, arguments[i]);
  }
}

static void add_number(struct text *t, int count) {
  text_str(t, program.name);
  if (count <= 1)
    return;
  text_str(t, " (");
  text_u64(t, (uint64_t)count - 1);
  text_str(t, count == 2 ? " argument)" : " arguments)");
}

void program_read_arguments(int count, char *const *arguments, bool whole) {
  struct text t = {.bytes = program.command, .capacity = PROGRAM_COMMAND_MAX};
  if (whole && count > 0)
    add_all(&t, count, arguments);
  else
    add_number(&t, count);
  program.command[t.length] = '\0';
}

/* ---- what was read ---- */

const char *program_name(void) { return program.name; }
const char *program_host(void) { return program.host; }
const char *program_command(void) { return program.command; }

/* splitmix64's last step: each bit of the result depends on each bit of x. */
static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

uint64_t program_random(void) {
  uint64_t here = (uint64_t)getpid() << 32 ^ os_now_ms();
  return mix(program.seed ^ mix(here + (atomic_fetch_add(&program.drawn, 1) << 16)));
}

/* ---- its time ---- */

static uint64_t began_ns, began_clock_ns; /* of UNIX time, and of the monotonic clock */

void program_begins(void) {
  began_ns = os_clock_ns(CLOCK_REALTIME);
  began_clock_ns = os_clock_ns(CLOCK_MONOTONIC);
}

uint64_t program_began_ns(void) { return began_ns; }

uint64_t program_lived_ns(void) {
  return began_clock_ns == 0 ? 0 : os_clock_ns(CLOCK_MONOTONIC) - began_clock_ns;
}
