/* A mix of requests from two threads for nth_fail.bats, which lets the n-th system call of a kind
 * fail. Prints "main" first, so that a failure before it is known as ld.so's. Any request may be
 * refused, with NULL and ENOMEM; what was handed out keeps its contents; a request that succeeds,
 * free and malloc_trim keep errno, whatever failed inside; thread creation may be refused too. */
#include "../check.h"
#include <malloc.h>

/* Where all memory is refused each request costs jemalloc's whole start three times over, each call
 * of it seen by strace: after so many refusals in a row the rest would only show the same again. */
enum { SLOTS = 600, OPERATIONS = 10000, REFUSED_ENOUGH = 300, MARK = 4711 };

struct work {
  uint64_t rng;
  long refused, in_a_row;
  char *slots[SLOTS];
  size_t sizes[SLOTS];
};

static struct work works[2];

static void check_errno(const char *entry) {
  CHECK(errno == MARK, "%s expected to keep errno, found %d", entry, errno);
}

static void marked_free(void *p) {
  errno = MARK;
  free(p);
  check_errno("free");
}

static void refused(struct work *w) {
  CHECK(errno == ENOMEM, "a refusal expected to set ENOMEM, found %d", errno);
  w->refused++;
  w->in_a_row++;
}

static void replace(struct work *w, size_t i) {
  size_t kind = rng_below(&w->rng, 300);
  size_t n = kind == 0 ? rng_below(&w->rng, 3 << 20) : rng_below(&w->rng, kind < 30 ? 30000 : 512);
  char *old = w->slots[i], *p;
  if (old)
    CHECK_STAMP(old, w->sizes[i], (uintptr_t)old);
  errno = MARK;
  if (kind % 3 == 0 && n > 0) { /* realloc of nothing or of something; a refusal leaves it alone */
    size_t kept = w->sizes[i] < n ? w->sizes[i] : n;
    p = realloc(old, n);
    if (p) {
      check_errno("realloc");
    } else {
      refused(w);
      if (old)
        CHECK_STAMP(old, w->sizes[i], (uintptr_t)old);
      return;
    }
    if (old)
      CHECK_STAMP(p, kept / 8 * 8, (uintptr_t)old);
  } else {
    marked_free(old);
    p = kind % 3 == 1 ? memalign((size_t)16 << kind % 9, n) : malloc(n);
    if (p)
      check_errno("malloc or memalign");
    else
      refused(w);
  }
  w->slots[i] = p;
  w->sizes[i] = p ? n : 0;
  if (p) {
    stamp(p, n, (uintptr_t)p);
    w->in_a_row = 0;
  }
}

static void *run(void *arg) {
  struct work *w = arg;
  for (int i = 0; i < OPERATIONS && w->in_a_row < REFUSED_ENOUGH; i++)
    replace(w, rng_below(&w->rng, i / 2500 % 2 ? SLOTS : SLOTS / 4));
  for (int i = 0; i < SLOTS;
       i++) { /* all goes back, so that giving back to the kernel may fail too */
    if (w->slots[i])
      CHECK_STAMP(w->slots[i], w->sizes[i], (uintptr_t)w->slots[i]);
    marked_free(w->slots[i]);
    w->slots[i] = NULL;
    w->sizes[i] = 0;
  }
  errno = MARK;
  malloc_trim(0);
  check_errno("malloc_trim");
  return NULL;
}

int main(void) {
  watchdog(60);
  SAY("main\n");
  pthread_t thread;
  works[1].rng = 77;
  int error = EAGAIN;
  for (int i = 0; i < 5 && error; i++)
    error = pthread_create(&thread, NULL, run, &works[0]);
  run(&works[1]);
  if (!error)
    pthread_join(thread, NULL);
  run(&works[1]);
  SAY("done, %ld refused\n", works[0].refused + works[1].refused);
}
