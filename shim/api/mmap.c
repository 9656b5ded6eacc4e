/* mmap and its family, as the program calls them: a jump each (alloc/mapped_calls.h), but for
 * pthread_create, before which a sandbox is handed on.
 *
 * The functions are named here, not declared by libc's headers: mremap has a variable number of
 * arguments there, and could not jump.  maps.bats looks at the machine code.
 */
#include "caller.h"
#include "mapped_calls.h"
#include "sandbox.h"

exported void *shown_mmap(void *address, size_t bytes, int protection, int flags, int fd,
                          off_t offset) __asm__("mmap");
exported void *shown_mmap64(void *address, size_t bytes, int protection, int flags, int fd,
                            off_t offset) __asm__("mmap64");
exported int shown_munmap(void *address, size_t bytes) __asm__("munmap");
exported void *shown_mremap(void *address, size_t old, size_t bytes, int flags,
                            void *to) __asm__("mremap");
exported int shown_brk(void *end) __asm__("brk");
exported void *shown_sbrk(intptr_t bytes) __asm__("sbrk");
exported void *shown_shmat(int id, const void *address, int flags) __asm__("shmat");
exported int shown_shmdt(const void *address) __asm__("shmdt");
exported int shown_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                                  thread_function *start, void *argument) __asm__("pthread_create");

void *shown_mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  return mapped_calls.mmap(address, bytes, protection, flags, fd, offset);
}
void *shown_mmap64(void *address, size_t bytes, int protection, int flags, int fd, off_t offset) {
  return mapped_calls.mmap(address, bytes, protection, flags, fd, offset);
}
int shown_munmap(void *address, size_t bytes) { return mapped_calls.munmap(address, bytes); }
void *shown_mremap(void *address, size_t old, size_t bytes, int flags, void *to) {
  return mapped_calls.mremap(address, old, bytes, flags, to);
}
int shown_brk(void *end) { return mapped_calls.brk(end); }
void *shown_sbrk(intptr_t bytes) { return mapped_calls.sbrk(bytes); }
void *shown_shmat(int id, const void *address, int flags) {
  return mapped_calls.shmat(id, address, flags);
}
int shown_shmdt(const void *address) { return mapped_calls.shmdt(address); }
int shown_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                         thread_function *start, void *argument) {
  sandbox_thread_starts();
  return mapped_calls.pthread_create(thread, attributes, start, argument);
}
