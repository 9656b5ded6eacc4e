/* Stacks that are unmapped, protected, shortened and reused between any two requests: reading what
 * was there once is a fault.  Says how many requests it made.
 * Usage: stack_gone CASE [ROUNDS]      under ARENASHIM_TAG=stack:N */
#define _GNU_SOURCE
#include "../check.h"
#include <alloca.h>
#include <sys/mman.h>
#include <ucontext.h>

#define FAR __attribute__((noinline))
enum { PAGE = 4096, AREA = 1 << 20, STACK = 0x20000, ASK = 64 };

static long requests;
static uintptr_t leaf_sp;

FAR static void leaf(size_t n) {
  leaf_sp = (uintptr_t)__builtin_frame_address(0);
  for (int i = 0; i < ASK; i++) {
    void *p = must(hide(malloc(n)));
    free(p);
  }
  requests += ASK;
}

static char *map(void *at, size_t bytes, int protection) {
  char *p = mmap(at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | (at != NULL ? MAP_FIXED : 0),
                 -1, 0);
  CHECK(p != MAP_FAILED, "mmap of %zu bytes: errno %d", bytes, errno);
  return p;
}
static size_t pages(size_t bytes) { return (bytes + PAGE - 1) & -(size_t)PAGE; }

/* ---- the same code at the same stack pointer, with less stack above it ---- */

/* Eight frames of the same size, a multiple of 16. */
#define STEP(name, bytes, next)                                                                    \
  FAR static void name(void) {                                                                     \
    volatile char room[bytes];                                                                     \
    room[0] = 1;                                                                                   \
    next;                                                                                          \
    __asm__ volatile("" : : "r"(room) : "memory");                                                 \
  }
#define DEEP(size)                                                                                 \
  STEP(a##size, size, leaf(64))                                                                    \
  STEP(b##size, size, a##size())                                                                   \
  STEP(c##size, size, b##size())                                                                   \
  STEP(d##size, size, c##size())                                                                   \
  STEP(e##size, size, d##size())                                                                   \
  STEP(f##size, size, e##size())                                                                   \
  STEP(g##size, size, f##size())                                                                   \
  STEP(h##size, size, g##size())
DEEP(480)
DEEP(1504)
DEEP(3008)
static void (*const deep[])(void) = {h480, h1504, h3008};
static int which; /* of deep; -1: the leaf alone */

FAR static void work(void) {
  if (which >= 0)
    deep[which]();
  else
    leaf(64);
  __asm__ volatile("");
}

/* A stack is used twice, first with much above the leaf, then with nearly nothing. */
static void same_place(void (*use)(char *stack, size_t bytes)) {
  char *area = map(NULL, AREA, PROT_NONE);
  for (int i = 0; i < 3; i++)
    for (int round = 0; round < 3; round++) {
      map(area, STACK, PROT_READ | PROT_WRITE);
      which = -1;
      use(area, STACK);
      uintptr_t shallow = leaf_sp;
      which = i;
      for (int k = 0; k < 20; k++)
        use(area, STACK);
      uintptr_t lowest = leaf_sp;
      size_t less = shallow - lowest, rest = STACK - less;
      if (round == 2) /* the same pages, but no access */
        CHECK(mprotect(area + pages(rest), STACK - pages(rest), PROT_NONE) == 0, "mprotect");
      else
        map(area, STACK, PROT_NONE);
      map(area, pages(rest), PROT_READ | PROT_WRITE);
      which = -1;
      use(area, rest);
      CHECK(leaf_sp == lowest, "the leaf at %#lx, expected %#lx", leaf_sp, lowest);
      map(area, STACK, PROT_NONE);
    }
}

static ucontext_t outside, inside;
static void in_context(char *stack, size_t bytes) {
  CHECK(getcontext(&inside) == 0, "getcontext");
  inside.uc_stack.ss_sp = stack;
  inside.uc_stack.ss_size = bytes;
  inside.uc_link = &outside;
  makecontext(&inside, work, 0);
  CHECK(swapcontext(&outside, &inside) == 0, "swapcontext");
}

static void handler(int signal) {
  (void)signal;
  work();
}
static void on_signal(char *stack, size_t bytes) {
  stack_t s = {.ss_sp = stack, .ss_size = bytes};
  struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
  CHECK(sigaltstack(&s, NULL) == 0 && sigaction(SIGUSR1, &act, NULL) == 0, "sigaltstack");
  raise(SIGUSR1);
  s = (stack_t){.ss_flags = SS_DISABLE};
  CHECK(sigaltstack(&s, NULL) == 0, "sigaltstack off");
}

static void *in_thread(void *argument) {
  work();
  return argument;
}
static void on_thread(char *stack, size_t bytes) {
  pthread_attr_t attr;
  pthread_t t;
  pthread_attr_init(&attr);
  CHECK(pthread_attr_setstack(&attr, stack, bytes) == 0, "setstack of %zu bytes", bytes);
  CHECK(pthread_create(&t, &attr, in_thread, NULL) == 0, "thread");
  pthread_join(t, NULL);
}

/* ---- fibers set up by hand: what stands above their first function is no return address ---- */

/* run_at(sp, start): jumps to start with that stack pointer; resume() comes back from there.
 * after_call: where a return address would point to, were it not a function's first byte, behind a
 * call in a function with a large frame.  after_data: the same without the call. */
void run_at(void *sp, void (*start)(void));
void at_edge(void);
void below_fake(void);
void after_call(void);
void after_data(void);
__attribute__((used)) static void ask(void) { leaf(80); }
__asm__(".text\n"
        "run_at:\n.cfi_startproc\n"
        "push %rbx\n push %rbp\n push %r12\n push %r13\n push %r14\n push %r15\n"
        "mov %rsp, outside_sp(%rip)\n mov %rdi, %rsp\n jmp *%rsi\n"
        "resume: mov outside_sp(%rip), %rsp\n"
        "pop %r15\n pop %r14\n pop %r13\n pop %r12\n pop %rbp\n pop %rbx\n ret\n.cfi_endproc\n"
        /* entered with its stack pointer at the stack's end */
        "at_edge:\n.cfi_startproc\n sub $16, %rsp\n.cfi_def_cfa_offset 24\n call ask\n"
        "jmp resume\n.cfi_endproc\n"
        /* entered with one word on the stack */
        "below_fake:\n.cfi_startproc\n sub $8, %rsp\n.cfi_def_cfa_offset 16\n call ask\n"
        "jmp resume\n.cfi_endproc\n"
        "large_frame:\n.cfi_startproc\n sub $2040, %rsp\n.cfi_def_cfa_offset 2048\n"
        "call abort@PLT\n.cfi_endproc\n"
        "after_call:\n.cfi_startproc\n jmp abort@PLT\n.cfi_endproc\n"
        "large_frame_2:\n.cfi_startproc\n sub $2040, %rsp\n.cfi_def_cfa_offset 2048\n"
        "jmp abort@PLT\n.cfi_endproc\n"
        "after_data:\n.cfi_startproc\n jmp abort@PLT\n.cfi_endproc\n"
        ".local outside_sp\n.comm outside_sp, 8, 8\n");

/* The page above the stack is there, with a word that reads as a known return address, then not. */
static void by_hand(void (*start)(void), uintptr_t fake) {
  char *area = map(NULL, 4 * STACK, PROT_NONE), *top = area + STACK;
  map(area + PAGE, STACK - PAGE, PROT_READ | PROT_WRITE);
  char *sp = fake != 0 ? top - 8 : top;
  uintptr_t known = (uintptr_t)__builtin_return_address(0);
  for (int round = 0; round < 3; round++) {
    map(top, STACK, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < STACK; i += sizeof known)
      memcpy(top + i, &known, sizeof known);
    if (fake != 0)
      memcpy(top - 8, &fake, sizeof fake);
    run_at(sp, start);
    run_at(sp, start);
    map(top, STACK, PROT_NONE);
    run_at(sp, start);
  }
}

/* ---- anything ---- */

enum { FIBERS = 16 };
static struct fiber {
  ucontext_t context;
  char *area, *low; /* low: NULL while it has no stack */
  size_t bytes;
  int depth;
} fiber[FIBERS], *now;

FAR static void dive(int depth, size_t bytes) {
  volatile char *room = alloca(bytes);
  room[0] = 1;
  if (depth > 0)
    dive(depth - 1, bytes);
  else
    leaf(40);
  __asm__ volatile("" : : "r"(room) : "memory");
}
FAR static void climb(int depth) {
  if (depth > 0)
    climb(depth - 1);
  else
    leaf(40);
  __asm__ volatile("");
}
static void fiber_run(void) {
  for (;;) {
    if (now->depth % 2 == 0)
      climb((int)(now->bytes - 3 * PAGE) / 64 * (now->depth % 97) / 97);
    else
      dive(now->depth % 7, (now->bytes - 3 * PAGE) / 8);
    swapcontext(&now->context, &outside);
  }
}
static void fiber_make(struct fiber *f, uint64_t *random) {
  if (f->area == NULL)
    f->area = map(NULL, 20 * PAGE, PROT_NONE);
  f->bytes = PAGE * (4 + rng_below(random, 12));
  f->low = f->area + PAGE * (1 + rng_below(random, 2)); /* between guards */
  map(f->low, f->bytes, PROT_READ | PROT_WRITE);
  CHECK(getcontext(&f->context) == 0, "getcontext");
  f->context.uc_stack.ss_sp = f->low;
  f->context.uc_stack.ss_size = f->bytes - rng_below(random, 64) * 16;
  f->context.uc_link = NULL;
  makecontext(&f->context, fiber_run, 0);
}
static void fiber_end(struct fiber *f, uint64_t *random) {
  if (rng_below(random, 2) == 0)
    map(f->area, 20 * PAGE, PROT_NONE);
  else
    CHECK(mprotect(f->area, 20 * PAGE, PROT_NONE) == 0, "mprotect");
  f->low = NULL;
}
static void any_order(long rounds) {
  uint64_t random = 7;
  for (long i = 0; i < rounds; i++) {
    now = &fiber[rng_below(&random, FIBERS)];
    if (now->low != NULL && rng_below(&random, 3) == 0)
      fiber_end(now, &random);
    if (now->low == NULL)
      fiber_make(now, &random);
    now->depth = (int)rng_below(&random, 1000);
    CHECK(swapcontext(&outside, &now->context) == 0, "swapcontext");
    if (i % 5 == 0)
      leaf(40);
  }
}

/* Far down in the main thread's stack, and back; getppid marks where it begins. */
static void far_down(void) {
  leaf(48);
  getppid();
  for (int i = 0; i < 40; i++)
    dive(i % 20, 50000);
}

int main(int argc, char **argv) {
  const char *name = argc > 1 ? argv[1] : "";
  watchdog(120);
  if (strcmp(name, "contexts") == 0)
    same_place(in_context);
  else if (strcmp(name, "signals") == 0)
    same_place(on_signal);
  else if (strcmp(name, "threads") == 0)
    same_place(on_thread);
  else if (strcmp(name, "edge") == 0)
    by_hand(at_edge, 0);
  else if (strcmp(name, "fake_call") == 0)
    by_hand(below_fake, (uintptr_t)after_call);
  else if (strcmp(name, "fake_data") == 0)
    by_hand(below_fake, (uintptr_t)after_data);
  else if (strcmp(name, "main") == 0)
    far_down();
  else if (strcmp(name, "any") == 0)
    any_order(arg_long(argc, argv, 2, 1000));
  else
    FAIL("no case %s", name);
  SAY("%ld requests\n", requests);
  return 0;
}
