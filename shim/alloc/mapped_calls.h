/* The program's calls of mmap and its family.
 *
 *   program ── mmap (api/mmap.c) ── jump by mapped_calls ──> libc's                   without tags
 *                                                        ──> booked_mmap ──> libc's   with tags
 *                                                        ──> first_mmap, until it is known
 *
 * "libc's" is what dlsym(RTLD_NEXT) finds: another preloaded library's function, if there is one.
 * The shim's own mappings and jemalloc's do not pass here: within the library the names stand for
 * the system calls (base/own_calls.h).  Nor do mappings that libc and the loader make for
 * themselves.
 */
#ifndef SHIM_MAPPED_CALLS_H
#define SHIM_MAPPED_CALLS_H

#include "mapped_threads.h"

#include <sys/types.h>

/* Each takes the arguments of the function of libc that has its name.  They are called by a jump:
 * the stack and rbp are as the program's call left them. */
struct mapped_calls {
  void *(*mmap)(void *address, size_t bytes, int protection, int flags, int fd, off_t offset);
  int (*munmap)(void *address, size_t bytes);
  void *(*mremap)(void *address, size_t old, size_t bytes, int flags, void *to);
  int (*brk)(void *end);
  void *(*sbrk)(intptr_t bytes);
  void *(*shmat)(int id, const void *address, int flags);
  int (*shmdt)(const void *address);
  int (*pthread_create)(pthread_t *thread, const pthread_attr_t *attributes, thread_function *start,
                        void *argument);
};

/* Written by the two functions below; any thread reads it. */
extern hidden struct mapped_calls mapped_calls;

/* Finds libc's functions, and decides by tagged_mode whether calls are booked.  In the constructor,
 * and in a call that comes before it. */
hidden void mapped_calls_setup(void);

/* Calls are booked from now on.  After mapped_calls_setup; any thread. */
hidden void mapped_calls_book(void);

#endif
