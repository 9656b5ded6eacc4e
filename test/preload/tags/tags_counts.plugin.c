/* At the process's end: how its call paths were found, a line appended to the file $TAGS_COUNTS.
 * program allocs learned unwound cut nested full untagged verified different sites */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <errno.h>
#include <unistd.h>

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("TAGS_COUNTS");
  if (path == NULL || !arenashim_totals)
    return;
  struct arenashim_totals t = {.size = sizeof t};
  arenashim_totals(&t);
  char line[512];
  int n = snprintf(
      line, sizeof line, "%s %llu %llu %llu %llu %llu %llu %llu %llu %llu %llu\n",
      program_invocation_short_name, (unsigned long long)t.allocs, (unsigned long long)t.learned,
      (unsigned long long)t.unwound, (unsigned long long)t.cut, (unsigned long long)t.nested,
      (unsigned long long)t.full, (unsigned long long)t.untagged, (unsigned long long)t.verified,
      (unsigned long long)t.different, (unsigned long long)t.sites);
  int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd >= 0 && write(fd, line, (size_t)n) == n)
    close(fd);
}
