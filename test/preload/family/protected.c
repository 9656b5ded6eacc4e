/* Objects whose pages a program has closed, filled from a file or kept from its children: free
 * neither reads nor writes them, as glibc's does not read or write what it unmaps.  Each case is a
 * child, because what was freed so may serve again. */
#include "../check.h"
#include <fcntl.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

enum { PAGE = 4096 };
static size_t bytes;

static char *object(void) {
  void *p;
  CHECK(posix_memalign(&p, PAGE, bytes) == 0, "%zu bytes", bytes);
  memset(p, 1, bytes);
  return p;
}

static void closed(void) {
  void *p = object();
  CHECK(mprotect(p, bytes / PAGE * PAGE, PROT_NONE) == 0, "PROT_NONE");
  free(p);
}

static void read_only(void) {
  void *p = object();
  CHECK(mprotect(p, bytes / PAGE * PAGE, PROT_READ) == 0, "PROT_READ");
  free(p);
}

static void of_file(void) {
  char name[] = "protected.XXXXXX", found[PAGE], *p = object();
  int fd = mkstemp(name);
  unlink(name);
  CHECK(fd >= 0 && ftruncate(fd, PAGE) == 0, "a file");
  void *m = mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
  CHECK(m == p, "a file over the object");
  free(p);
  CHECK(pread(fd, found, PAGE, 0) == PAGE, "read");
  for (int i = 0; i < PAGE; i++)
    CHECK(found[i] == 0, "byte %d of the file was changed", i);
}

static void not_in_child(void) {
  void *p = object();
  CHECK(madvise(p, bytes / PAGE * PAGE, MADV_DONTFORK) == 0, "MADV_DONTFORK");
  pid_t child = fork();
  if (child == 0) {
    free(p);
    _exit(0);
  }
  int status;
  CHECK(waitpid(child, &status, 0) == child && status == 0, "status %x of a child that frees",
        (unsigned)status);
}

static void in_child(const char *name, void (*run)(void)) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    run();
    _exit(0);
  }
  CHECK(waitpid(child, &status, 0) == child && status == 0, "%s, %zu bytes: status %x", name, bytes,
        (unsigned)status);
}

int main(void) {
  for (int i = 0; i < 10; i++) /* caches are open */
    free(must(malloc(i % 2 ? 600 : 100000)));
  static const size_t sizes[] = {33000, 40000, 135000, 262144, 524288, 920000, 3000000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    bytes = sizes[i];
    in_child("closed", closed);
    in_child("read only", read_only);
    in_child("of a file", of_file);
    in_child("not in the child", not_in_child);
  }
}
