/* How much stack requests take, on a small stack between guard pages: the deepest byte that each
 * left changed, in bytes below the call.  (Linked with -z now: the loader's lazy binding takes 3
 * KiB.) Usage: stack_depth LIMIT LIBRARY    fails if one takes more; LIBRARY: to open and close */
#define _GNU_SOURCE
#include "../check.h"
#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <ucontext.h>

enum { PAGE = 4096, STACK = 8 * PAGE, KEEP = 20000 };
static ucontext_t outside, inside;
static char *stack, *entered; /* entered: the stack pointer of the step's function */
static void *kept[KEEP];
static int keep;

static const char *library;
static void *opened;

/* ---- the steps; each runs on a stack of its own ---- */

static void small(void) { kept[keep++] = must(malloc(40)); }
static void large(void) { kept[keep++] = must(malloc(5000)); }
static void huge(void) { kept[keep++] = must(malloc(3 << 20)); }
static void zeroed(void) { kept[keep++] = must(calloc(7, 300)); }
static void aligned(void) {
  CHECK(posix_memalign(&kept[keep++], 4096, 100) == 0, "posix_memalign");
}
static void grown(void) { kept[keep - 1] = must(realloc(kept[keep - 1], 9000)); }
static void freed(void) {
  while (keep > 0)
    free(kept[--keep]);
}
static void many_small(void) {
  for (int i = 0; i < 4000; i++)
    kept[keep++] = must(malloc((size_t)(i * 7 % 512)));
}
static void many_large(void) {
  for (int i = 0; i < 300; i++)
    kept[keep++] = must(malloc((size_t)(512 + i * 997)));
}
static void refused(void) {
  CHECK(hide(malloc((size_t)1 << 46)) == NULL, "too much");
  for (int i = 0; i < 2000 && keep < KEEP; i++) {
    void *p = hide(malloc((size_t)(1 << 16)));
    if (p != NULL)
      kept[keep++] = p;
  }
}
static void summed_up(void) { CHECK(mallinfo2().uordblks > 0, "nothing lives"); }
static void usable(void) { CHECK(malloc_usable_size(kept[0]) >= 40, "usable size"); }

/* ---- */

static void (*step)(void);
static void run_step(void) {
  entered = __builtin_frame_address(0);
  step();
}

/* Paints a fresh stack, runs the step there, looks for the lowest byte that changed. */
static long depth_of(void (*function)(void)) {
  memset(stack, 0x5a, STACK);
  step = function;
  CHECK(getcontext(&inside) == 0, "getcontext");
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = STACK;
  inside.uc_link = &outside;
  makecontext(&inside, run_step, 0);
  CHECK(swapcontext(&outside, &inside) == 0, "swapcontext");
  const char *low = stack;
  while (*low == 0x5a)
    low++;
  return entered - low;
}

static long limit, most;
static void measure(const char *state, const char *name, void (*function)(void)) {
  long depth = depth_of(function);
  most = depth > most ? depth : most;
  SAY("%-12s %-12s %5ld\n", state, name, depth);
}

static void measure_all(const char *state) {
  measure(state, "small", small);
  measure(state, "usable", usable);
  measure(state, "summed up", summed_up);
  measure(state, "large", large);
  measure(state, "grown", grown);
  measure(state, "huge", huge);
  measure(state, "zeroed", zeroed);
  measure(state, "aligned", aligned);
  measure(state, "freed", freed);
  measure(state, "many small", many_small);
  measure(state, "freed", freed);
  measure(state, "many large", many_large);
  measure(state, "freed", freed);
}

static void *in_thread(void *state) {
  measure_all(state);
  return NULL;
}

static void change_modules(void) {
  if (opened != NULL)
    dlclose(opened);
  opened = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  CHECK(opened != NULL, "dlopen: %s", dlerror());
}

int main(int argc, char **argv) {
  limit = arg_long(argc, argv, 1, 3072);
  library = argc > 2 ? argv[2] : "libm.so.6";
  char *area = mmap(NULL, STACK + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack = area + PAGE;
  CHECK(mprotect(stack, STACK, PROT_READ | PROT_WRITE) == 0, "mprotect");
  measure_all("cold");
  measure_all("warm");
  change_modules();
  measure_all("opened");
  change_modules();
  measure("opened", "large", large);
  pthread_join(thread_start(in_thread, "new thread"), NULL);
  struct rlimit space = {1 << 20, RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &space);
  measure("refused", "refused", refused);
  measure("refused", "usable", usable);
  measure("refused", "freed", freed);
  measure("refused", "refused", refused);
  freed();
  SAY("most %ld\n", most);
  CHECK(most <= limit, "the deepest takes %ld bytes, at most %ld expected", most, limit);
  return 0;
}
