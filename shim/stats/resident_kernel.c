/* Reads /proc/self/status; contract in resident_kernel.h. */
#include "resident_kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* What follows a name in the text, NULL if it is not there. */
static const char *find(const char *text, const char *name) {
  size_t n = strlen(name);
  for (; *text != '\0'; text++)
    if (strncmp(text, name, n) == 0)
      return text + n;
  return NULL;
}

/* The number in KiB that follows a name, in bytes. */
static uint64_t value(const char *text, const char *name) {
  const char *at = find(text, name);
  uint64_t n = 0;
  if (at == NULL)
    return 0;
  for (; *at == ' ' || *at == '\t'; at++)
    ;
  for (; *at >= '0' && *at <= '9'; at++)
    n = n * 10 + (uint64_t)(*at - '0');
  return n * 1024;
}

void kernel_memory_read(struct kernel_memory *k, char *text, size_t room) {
  int saved = errno;
  int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : pread(fd, text, room - 1, 0);
  if (fd >= 0)
    close(fd);
  text[n > 0 ? n : 0] = '\0';
  *k = (struct kernel_memory){.size = value(text, "\nVmSize:"),
                              .resident = value(text, "\nVmRSS:"),
                              .anonymous = value(text, "\nRssAnon:"),
                              .swapped = value(text, "\nVmSwap:"),
                              .page_tables = value(text, "\nVmPTE:")};
  errno = saved;
}
