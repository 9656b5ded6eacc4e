/* The auxiliary vector, the environment and the processors; the reason is in own_calls.h. */
#include "own_calls.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Where the process's first stack ends: argc, the arguments, NULL, the environment, NULL, and the
 * auxiliary vector.  The loader sets it before anything else runs. */
extern void *__libc_stack_end;

static uintptr_t *past_null(uintptr_t *word) {
  while (*word++ != 0)
    ;
  return word;
}

unsigned long own_auxiliary(unsigned long type) {
  uintptr_t *arguments = (uintptr_t *)__libc_stack_end + 1;
  const ElfW(auxv_t) *at = (const ElfW(auxv_t) *)past_null(past_null(arguments));
  while (at->a_type != AT_NULL && at->a_type != type)
    at++;
  return at->a_type == type ? at->a_un.a_val : 0;
}

unsigned long getauxval(unsigned long type) { return own_auxiliary(type); }

char *secure_getenv(const char *name) {
  size_t n = strlen(name);
  if (environ == NULL || own_auxiliary(AT_SECURE))
    return NULL;
  for (char **e = environ; *e != NULL; e++)
    if (strncmp(*e, name, n) == 0 && (*e)[n] == '=')
      return *e + n + 1;
  return NULL;
}

/* Reads the front of a file; -1 if it cannot be read.  errno is kept. */
static ssize_t read_front(const char *path, char *to, size_t n) {
  int saved = errno;
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, to, n);
  if (fd >= 0)
    close(fd);
  errno = saved;
  return got;
}

/* Of a file with a list of numbers such as "0-3,8\n": how many the list has, or (`highest`) its
 * last number plus 1; -1 if it cannot be read. */
static long cpu_list(const char *path, bool highest) {
  char list[512];
  ssize_t n = read_front(path, list, sizeof list);
  long count = 0, from = 0, number = 0;
  bool range = false;
  for (ssize_t i = 0; i < n; i++) {
    if (list[i] >= '0' && list[i] <= '9') {
      number = number * 10 + (list[i] - '0');
      continue;
    }
    if (list[i] != '-')
      count = highest ? number + 1 : count + number - (range ? from : number) + 1;
    range = list[i] == '-';
    from = number;
    number = 0;
  }
  return count > 0 ? count : -1;
}

/* jemalloc asks only for these three. */
long sysconf(int what) {
  switch (what) {
  case _SC_PAGESIZE:
    return PAGE_BYTES;
  case _SC_NPROCESSORS_ONLN:
    return cpu_list("/sys/devices/system/cpu/online", false);
  case _SC_NPROCESSORS_CONF:
    return cpu_list("/sys/devices/system/cpu/possible", true);
  default:
    errno = EINVAL;
    return -1;
  }
}

int __sched_cpucount(size_t bytes, const cpu_set_t *set) {
  int count = 0;
  for (size_t i = 0; i < bytes / sizeof set->__bits[0]; i++)
    count += __builtin_popcountl(set->__bits[i]);
  return count;
}
