/* Threads' stacks; contract and picture in mapped_threads.h. */
#include "mapped_threads.h"
#include "dump_format.h"
#include "mapped_books.h"
#include "setup.h"

#include <errno.h>
#include <sys/mman.h>

/* Threads that are being made at one time.  CONTROL_BYTES: libc's control block has at least so
 * many (2304 and more in glibc 2.36 to 2.41). */
enum { CELLS = 64, CONTROL_BYTES = 2048 };

struct thread_cell {
  _Atomic bool taken;
  thread_function *start;
  void *argument;
  uint32_t arena, site;
};

static struct thread_cell cells[CELLS];

/* The calling thread's: its stack, in the books (end 0: it is not there), and how many of its calls
 * of pthread_create have a cell. */
static __thread struct {
  uintptr_t start, end;
  unsigned making;
} own __attribute__((tls_model("initial-exec")));

/* Without a stack of the program's own the address that libc gives is 0 - size. */
static bool brings_stack(const pthread_attr_t *attributes) {
  void *low = NULL;
  size_t bytes = 0;
  return attributes != NULL && pthread_attr_getstack(attributes, &low, &bytes) == 0 &&
         (uintptr_t)low + bytes != 0;
}

struct thread_cell *mapped_thread_new(const pthread_attr_t *attributes, thread_function *start,
                                      void *argument, uint32_t arena, uint32_t site) {
  if (brings_stack(attributes))
    return NULL;
  for (struct thread_cell *c = cells; c < cells + CELLS; c++)
    if (!atomic_load_explicit(&c->taken, memory_order_relaxed) &&
        !atomic_exchange_explicit(&c->taken, true, memory_order_acquire)) {
      c->start = start;
      c->argument = argument;
      c->arena = arena;
      c->site = site;
      own.making++;
      return c;
    }
  return NULL;
}

static void drop(struct thread_cell *cell) {
  atomic_store_explicit(&cell->taken, false, memory_order_release);
}

void mapped_thread_made(struct thread_cell *cell, bool made) {
  own.making--;
  if (!made)
    drop(cell);
}

/* Are these two words of the control block at `control` its stack's address and size?  The size is
 * what the program asked for: not always whole pages. */
static bool is_stack(uintptr_t low, uintptr_t bytes, uintptr_t control) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0), end = low + bytes;
  return low != 0 && low % PAGE_BYTES == 0 && low < here && here < control && end > control &&
         end - control < 2 * PAGE_BYTES;
}

static void book(uint32_t arena, uint32_t site) {
  const uintptr_t *word = (const uintptr_t *)cpu_thread();
  const struct mapped_what what = {.flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK,
                                   .protection = PROT_READ | PROT_WRITE,
                                   .kind = DUMP_MAP_STACK};
  for (unsigned i = 0; i + 1 < CONTROL_BYTES / sizeof *word; i++) {
    if (!is_stack(word[i], word[i + 1], (uintptr_t)word))
      continue;
    own.start = word[i];
    own.end = word[i] + round_up(word[i + 1], PAGE_BYTES);
    mapped_add(arena, site, own.start, own.end - own.start, &what);
    return;
  }
}

static void end(void) {
  struct mapped_taking t;
  if (own.end == 0)
    return;
  mapped_take(&t, own.start, own.end);
  mapped_taken(&t, true);
  own.end = 0;
}

static __attribute__((noinline)) void begin(struct thread_cell *cell) {
  uint32_t arena = cell->arena, site = cell->site;
  drop(cell);
  book(arena, site);
  setup_thread_ends_hook = end;
  setup_watch_end();
}

void *mapped_thread_starts(void *argument) {
  struct thread_cell *cell = argument;
  thread_function *start = cell->start;
  void *of_program = cell->argument;
  begin(cell);
  return start(of_program);
}

/* Cells of other threads are in no use any more; nor are this one's, unless a handler that forks
 * interrupted its call. */
uintptr_t mapped_thread_fork_child(void) {
  for (struct thread_cell *c = cells; own.making == 0 && c < cells + CELLS; c++)
    drop(c);
  return own.end == 0 ? 0 : own.end - 1;
}
