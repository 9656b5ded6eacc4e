/* mmap under watch: it fails while a test says so.  For programs that are linked with --wrap=mmap.
 */
#ifndef TEST_MEMORY_REFUSED_H
#define TEST_MEMORY_REFUSED_H

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>

static _Atomic bool refuse_memory;

void *__real_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset);

void *__wrap_mmap(void *address, size_t bytes, int prot, int flags, int fd, off_t offset) {
  if (!refuse_memory)
    return __real_mmap(address, bytes, prot, flags, fd, offset);
  errno = ENOMEM;
  return MAP_FAILED;
}

#endif
