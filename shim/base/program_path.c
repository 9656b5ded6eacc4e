/* Reads the program's path; contract in program_path.h. */
#include "program_path.h"
#include "own_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static char path[PAGE_BYTES];
static bool known; /* it was read, or found to be unreadable */

/* ---- ld.so ./program: the file that is mapped there ---- */

/* A line of /proc/self/maps: START-END RIGHTS OFFSET DEVICE INODE PATH */
enum { FIELDS_BEFORE_PATH = 5 };

static unsigned digit_value(char c) {
  return c >= '0' && c <= '9'   ? (unsigned)(c - '0')
         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                                : 16;
}

static uintptr_t hexadecimal(const char **s) {
  uintptr_t n = 0;
  for (; digit_value(**s) < 16; ++*s)
    n = n << 4 | digit_value(**s);
  return n;
}

static bool line_holds(const char *line, uintptr_t address) {
  uintptr_t start = hexadecimal(&line);
  if (*line != '-')
    return false;
  line++;
  return address >= start && address < hexadecimal(&line);
}

static const char *line_path(const char *line) {
  for (unsigned i = 0; i < FIELDS_BEFORE_PATH; i++) {
    while (*line != ' ' && *line != '\0')
      line++;
    while (*line == ' ')
      line++;
  }
  return line;
}

/* Reads the maps line by line, with path[] as the buffer, and leaves there the path of the line
 * that holds the address.  A line that does not fit has a path that would not fit, either. */
static bool find_in_maps(int fd, uintptr_t address) {
  size_t have = 0;
  for (;;) {
    ssize_t n = read(fd, path + have, sizeof path - 1 - have);
    if (n <= 0)
      return false;
    have += (size_t)n;
    path[have] = '\0';
    char *line = path, *end;
    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
      *end = '\0';
      const char *found = line_holds(line, address) ? line_path(line) : NULL;
      if (found != NULL) {
        memmove(path, found, strlen(found) + 1);
        return *path == '/';
      }
    }
    have = (size_t)(path + have - line);
    memmove(path, line, have);
    if (have == sizeof path - 1)
      return false;
  }
}

static bool path_of_mapping(uintptr_t address) {
  int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  bool found = find_in_maps(fd, address);
  close(fd);
  return found;
}

/* ---- the usual case: /proc/self/exe ---- */

static bool path_of_link(void) {
  ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
  path[n > 0 ? n : 0] = '\0';
  return n > 0;
}

/* Removes what the kernel appends to the path of a file that was deleted or never had one. */
static void drop_deleted(void) {
  static const char deleted[] = " (deleted)";
  struct stat file;
  size_t length = strlen(path), more = sizeof deleted - 1;
  if (length > more && strcmp(path + length - more, deleted) == 0 && stat(path, &file) != 0)
    path[length - more] = '\0';
}

/* Without /proc: the path that exec was called with, relative to the current directory. */
static void path_of_exec(void) {
  const char *given = (const char *)getauxval(AT_EXECFN); /* NOLINT: the kernel's word for it */
  size_t length = 0, more = given != NULL ? strlen(given) : 0;
  if (more > 0 && *given != '/') {
    long n = own_call(SYS_getcwd, path, sizeof path);
    if (n > 1 && *path == '/') {
      length = (size_t)n - 1;
      if (length > 1)
        path[length++] = '/';
    }
  }
  if (length + more >= sizeof path)
    length = more = 0;
  memcpy(path + length, given != NULL ? given : "", more);
  path[length + more] = '\0';
}

/* AT_BASE is the interpreter's address: 0 when the loader itself was started with the program as
 * its argument.  It has then set AT_PHDR to the address of the program's headers. */
void program_path_read(void) {
  int saved = errno;
  bool by_loader = getauxval(AT_BASE) == 0;
  if (known)
    return;
  known = true;
  if (!(by_loader && path_of_mapping(getauxval(AT_PHDR))) && !path_of_link())
    path_of_exec();
  drop_deleted();
  errno = saved;
}

const char *program_path(void) {
  program_path_read();
  return path;
}

uintptr_t program_loader(void) {
  uintptr_t base = getauxval(AT_BASE);
  return base != 0 ? base : _r_debug.r_ldbase;
}
