/* Allocates and frees without end, and keeps books of its own in a file that outlives it:
 * record_books BOOKS THREADS HOW.
 *
 * Each thread takes objects of 290..429 bytes, puts them into slots that all threads share, and
 * frees what it finds there, which is often another thread's.  It counts an operation right after
 * it.  SIGUSR1 ends the program, in the middle of whatever it interrupts, by HOW: segv, abort, exit
 * (_exit), exec or kill (SIGKILL to itself). */
#include "../check.h"
#include <stdatomic.h>
#include <sys/mman.h>

enum { THREADS_MAX = 16, SLOTS = 4096, LEAST = 290, SPREAD = 140 };

struct books { /* one a thread, read by record_kills.py: four 64-bit numbers, padded to 64 bytes */
  _Alignas(64) _Atomic uint64_t allocs;
  _Atomic uint64_t frees, alloc_bytes, free_bytes;
};

static struct books *books;
static _Atomic(size_t *) slot[SLOTS];
static const char *how;

static void count(_Atomic uint64_t *n, uint64_t by) {
  atomic_store_explicit(n, atomic_load_explicit(n, memory_order_relaxed) + by,
                        memory_order_relaxed);
}

/* The call site that the test looks for. */
__attribute__((noinline)) static size_t *take_object(size_t n) {
  size_t *p = must(malloc(n));
  *p = n;
  return p;
}

static void step(struct books *mine, uint64_t *rng) {
  size_t n = LEAST + rng_below(rng, SPREAD);
  size_t *p = take_object(n);
  count(&mine->allocs, 1);
  count(&mine->alloc_bytes, n);
  size_t *old = atomic_exchange(&slot[rng_below(rng, SLOTS)], p);
  if (old == NULL)
    return;
  n = *old;
  free(old);
  count(&mine->frees, 1);
  count(&mine->free_bytes, n);
}

static void *work(void *number) {
  uint64_t rng = (uintptr_t)number + 1;
  for (;;)
    step(&books[(uintptr_t)number], &rng);
  return NULL;
}

static void end(int signal) {
  static char *const nothing[] = {"true", NULL};
  (void)signal;
  if (strcmp(how, "segv") == 0)
    *(volatile int *)8 = 1;
  if (strcmp(how, "abort") == 0)
    abort();
  if (strcmp(how, "exit") == 0)
    _exit(0);
  if (strcmp(how, "exec") == 0)
    execv("/bin/true", nothing);
  raise(SIGKILL);
}

int main(int argc, char **argv) {
  CHECK(argc == 4, "three arguments expected, found %d", argc - 1);
  uintptr_t threads = (uintptr_t)arg_long(argc, argv, 2, 1);
  how = argv[3];
  int fd = open(argv[1], O_RDWR | O_CREAT, 0600);
  CHECK(fd >= 0 && threads <= THREADS_MAX && ftruncate(fd, sizeof *books * THREADS_MAX) == 0,
        "books expected, errno %d", errno);
  books = mmap(NULL, sizeof *books * THREADS_MAX, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  CHECK(books != MAP_FAILED, "mmap expected to succeed, errno %d", errno);
  signal(SIGUSR1, end);
  watchdog(60);
  for (uintptr_t i = 1; i < threads; i++)
    thread_start(work, (void *)i);
  work(NULL);
}
