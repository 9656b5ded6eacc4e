/* A directory of the test's own to write in, and what place.c and sink.c ask other parts of the
 * shim.
 *
 * `own` is the directory; in `own`/open everybody may write.  program_random answers from
 * `randoms`, so that names made at random can be made to collide.
 */
#ifndef TEST_DIRECTORY_H
#define TEST_DIRECTORY_H

#include "apart.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "output_path.h"
#include "program.h"

/* ---- answers ---- */

const char *program_name(void) { return "prog"; }
const char *program_host(void) { return "host.example"; }

/* The first ones are equal to `collide`, `collisions` of them; the others all differ. */
static unsigned collisions, randoms_given;
enum { COLLIDE = 0x1234abcd };
uint64_t program_random(void) {
  randoms_given++;
  return randoms_given <= collisions ? COLLIDE : randoms_given;
}

/* ---- files ---- */

static char own[32];

static int own_begin(void **state) {
  (void)state;
  umask(022);
  strcpy(own, "/tmp/arenashim-unit.XXXXXX");
  if (mkdtemp(own) == NULL || chdir(own) != 0 || mkdir("open", 0777) != 0)
    return -1;
  return chmod("open", 0777);
}

static int own_end(void **state) {
  (void)state;
  char command[64];
  snprintf(command, sizeof command, "rm -rf %s", own);
  return chdir("/") != 0 || system(command) != 0 ? -1 : 0; /* NOLINT */
}

static inline void write_file(const char *name, const char *content) {
  int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  require(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
  close(fd);
}

static inline bool exists(const char *name) {
  struct stat s;
  return lstat(name, &s) == 0;
}

/* The file holds exactly that. */
static inline bool holds(const char *name, const char *content) {
  char have[4096];
  int fd = open(name, O_RDONLY);
  ssize_t n = fd < 0 ? -1 : read(fd, have, sizeof have);
  close(fd);
  return n == (ssize_t)strlen(content) && memcmp(have, content, (size_t)n) == 0;
}

/* How many files stand in the directory that is meant by a shell's pattern. */
static inline unsigned count_files(const char *pattern) {
  char command[256];
  unsigned n = 0;
  snprintf(command, sizeof command, "ls -d %s 2>/dev/null | wc -l", pattern);
  FILE *f = popen(command, "r"); /* NOLINT */
  require(f != NULL && fscanf(f, "%u", &n) == 1);
  pclose(f);
  return n;
}

#endif
