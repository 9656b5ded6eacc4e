/* Writes over its arguments, as daemons do that show their state in ps, renames its thread and its
 * program as libc has it: title WAY TITLE ROOM.  ROOM is as long as the title shall be.  WAY is how
 * it ends: return | dump (one by call first). */
#define _GNU_SOURCE
#include "../check.h"

#include <errno.h>
#include <sys/prctl.h>

extern int arenashim_dump(const char *pattern) __attribute__((weak));

int main(int argc, char **argv) {
  if (argc < 4)
    FAIL("title WAY TITLE ROOM expected, found %d words", argc);
  char *way = strdup(argv[1]), *title = strdup(argv[2]);
  char *end = argv[argc - 1] + strlen(argv[argc - 1]);
  memset(argv[0], 0, (size_t)(end - argv[0]));
  strncpy(argv[0], title, (size_t)(end - argv[0]));
  program_invocation_name = program_invocation_short_name = title;
  prctl(PR_SET_NAME, title);
  free(must(malloc(100)));
  if (strcmp(way, "dump") == 0 && arenashim_dump != NULL && arenashim_dump("called.%e") != 0)
    FAIL("arenashim_dump: errno %d", errno);
  return 7;
}
