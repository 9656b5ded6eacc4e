/* Call paths over stacks that are made to mislead: each case against own books (tags_books.h).
 * Usage: tags_stacks DEPTH CASE      under ARENASHIM_TAG=stack:DEPTH */
#define _GNU_SOURCE
#include "tags_books.h"
#include <alloca.h>
#include <ucontext.h>

#define FAR __attribute__((noinline))

static uintptr_t planted; /* a return address that stands in a known path */

/* The words below the frame, where a wrong distance would read, all hold `planted`. */
FAR static struct object planted_frame(size_t bytes) {
  volatile uintptr_t *room = alloca(bytes);
  for (size_t i = 0; i < bytes / sizeof *room; i++)
    room[i] = planted;
  struct object o = NEW(malloc(48), 48);
  CHECK(room[0] == planted, "room");
  return o;
}
FAR static struct object one(size_t bytes) {
  struct object o = planted_frame(bytes);
  if (planted == 0) /* this call's own return address */
    planted = o.book->key.site[1];
  return o;
}
FAR static struct object other(size_t bytes) {
  volatile char room[96];
  room[bytes % 90] = 1;
  struct object o = planted_frame(bytes);
  room[2] = room[3];
  return o;
}
FAR static void stale(void) {
  for (int round = 0; round < 3; round++)
    for (size_t n = 16; n < 4096; n += 16) {
      struct object a = one(n), b = other(n), c = other(4096 - n), d = one(16);
      DROP(a, free(a.p));
      DROP(b, free(b.p));
      DROP(c, free(c.p));
      DROP(d, free(d.p));
    }
}

/* A frame aligned to more than its caller's: its unwind information is an expression. */
FAR static void realigned(int more, long b, long c, long d, long e, long f, long g, long h) {
  __attribute__((aligned(256))) volatile char room[300];
  room[more] = 1;
  struct object o = NEW(malloc(60), 60);
  if (more > 0)
    realigned(more - 1, c, d, e, f, g, h, b);
  room[more + 1] = (char)(room[more] + g + h);
  DROP(o, free(o.p));
}
FAR static void aligned(void) {
  for (int i = 0; i < 500; i++) {
    char *skew = alloca((size_t)(i % 16 + 1) * 16);
    __asm__ volatile("" : : "r"(skew) : "memory");
    realigned(i % 12, 1, 2, 3, 4, 5, 6, 7);
  }
}

/* ---- threads with the smallest stacks there are ---- */

FAR static void deeper(int more) {
  struct object o = NEW(malloc(40), 40);
  if (more > 0)
    deeper(more - 1);
  else
    realigned(0, 1, 2, 3, 4, 5, 6, 7);
  DROP(o, free(o.p));
}
FAR static void *small_stack(void *argument) {
  deeper(8);
  return argument;
}
FAR static void small_stacks(void) {
  pthread_attr_t attr;
  pthread_attr_init(&attr);
  CHECK(pthread_attr_setstacksize(&attr, 16384) == 0, "a stack of 16 KiB is legal");
  for (int i = 0; i < 50; i++) {
    pthread_t t[4];
    for (int k = 0; k < 4; k++)
      CHECK(pthread_create(&t[k], &attr, small_stack, NULL) == 0, "thread");
    for (int k = 0; k < 4; k++)
      pthread_join(t[k], NULL);
  }
}

/* ---- fibers, each on a stack between pages that can't be read ---- */

enum { FIBERS = 40, FIBER_BYTES = 16384 };
static ucontext_t main_context, fiber_context[FIBERS];
static struct shadow fiber_shadow[FIBERS];
static int fiber_now;

FAR static void yield_fiber(void) {
  fiber_shadow[fiber_now] = the_shadow;
  swapcontext(&fiber_context[fiber_now], &main_context);
  the_shadow = fiber_shadow[fiber_now];
}
FAR static void in_fiber(int more) {
  struct object o = NEW(malloc(72), 72);
  if (more % 3 == 0)
    yield_fiber();
  if (more > 0)
    in_fiber(more - 1);
  struct object q = NEW(malloc(72), 72);
  DROP(o, free(o.p));
  DROP(q, free(q.p));
}
PLAIN static void fiber_start(void) {
  the_shadow.depth = 0;
  in_fiber(10);
  fiber_shadow[fiber_now].depth = -1;
  setcontext(&main_context);
}
PLAIN static void fibers(void) {
  struct shadow mine = the_shadow;
  for (int i = 0; i < FIBERS; i++) {
    char *p = mmap(NULL, FIBER_BYTES + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(p + 4096, FIBER_BYTES, PROT_READ | PROT_WRITE);
    getcontext(&fiber_context[i]);
    fiber_context[i].uc_stack = (stack_t){.ss_sp = p + 4096, .ss_size = FIBER_BYTES};
    makecontext(&fiber_context[i], fiber_start, 0);
  }
  for (int left = FIBERS; left > 0;)
    for (int i = 0; i < FIBERS; i++) {
      if (fiber_shadow[i].depth < 0)
        continue;
      fiber_now = i;
      swapcontext(&main_context, &fiber_context[i]);
      the_shadow = mine;
      if (fiber_shadow[i].depth >= 0)
        continue;
      munmap((char *)fiber_context[i].uc_stack.ss_sp - 4096, FIBER_BYTES + 8192);
      left--;
    }
}

/* ---- signal handlers on an alternate stack ---- */

static struct object handled;
PLAIN static void on_signal(int number) {
  (void)number;
  struct shadow before = the_shadow;
  the_shadow.depth = 0;
  the_shadow.loose = 1;
  handled = NEW(malloc(88), 88);
  DROP(handled, free(handled.p));
  the_shadow = before;
}
FAR static void alternate(void) {
  stack_t s = {.ss_sp =
                   mmap(NULL, 32768, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
               .ss_size = 32768};
  sigaltstack(&s, NULL);
  struct sigaction a = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  sigaction(SIGUSR1, &a, NULL);
  for (int i = 0; i < 200; i++)
    raise(SIGUSR1);
}

/* ---- code that no unwind information tells of ---- */

/* Without .cfi: rbp is clobbered too, as compilers do that use it for anything. */
void bare_call(void (*function)(void));
__asm__(
    ".text\n.globl bare_call\n.type bare_call,@function\nbare_call:\n"
    "push %rbp\n mov $12345, %ebp\n sub $48, %rsp\n call *%rdi\n add $48, %rsp\n pop %rbp\n ret\n"
    ".size bare_call,.-bare_call\n");

PLAIN static void leaf_request(void) {
  struct shadow before = the_shadow;
  the_shadow.depth = 0; /* only the innermost address is sure */
  struct object o = NEW(malloc(104), 104);
  DROP(o, free(o.p));
  the_shadow = before;
}
PLAIN __attribute__((noinline)) static void middle_request(void) {
  leaf_request();
  __asm__ volatile("");
}

static uint64_t odd_requests;
PLAIN static void count_odd(const struct arenashim_site *s, void *argument) {
  if (s->largest == 104 && s->frames > 0)
    odd_requests += s->allocs;
  (void)argument;
}
PLAIN static void without_tables(void) {
  static const unsigned char code[] = {0x48, 0x83, 0xec, 0x58, 0xff, 0xd7,
                                       0x48, 0x83, 0xc4, 0x58, 0xc3};
  unsigned char *jit =
      mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(jit, code, sizeof code); /* sub $88,%rsp; call *%rdi; add $88,%rsp; ret */
  void (*made)(void (*)(void));
  memcpy(&made, &jit, sizeof made);
  for (int i = 0; i < 300; i++) {
    bare_call(middle_request);
    made(middle_request);
  }
  arenashim_sites(count_odd, NULL);
  struct arenashim_totals t = {.size = sizeof t};
  arenashim_totals(&t);
  CHECK(odd_requests == 600, "600 requests expected, found %llu", (unsigned long long)odd_requests);
  CHECK(books.depth < 4 || t.unwound + t.cut >= 600,
        "frames that can't be replayed are counted, found %llu",
        (unsigned long long)(t.unwound + t.cut));
  exit(t.different != 0);
}

/* A frame pointer that leads nowhere, or into what can't be read. */
PLAIN static void wild_pointer(void) {
  static const uintptr_t wild[] = {
      0, 8, 0x1000, (uintptr_t)1 << 46, UINTPTR_MAX - 7, UINTPTR_MAX / 2,
      /* aligned and above the stack: no address at all, and a page that nobody has */
      (uintptr_t)1 << 62, ((uintptr_t)1 << 47) - 4096 - 64};
  char *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  struct object o = planted_frame(64); /* learns the frame, which follows rbp */
  DROP(o, free(o.p));
  for (int round = 0; round < 20; round++)
    for (size_t i = 0; i < sizeof wild / sizeof *wild + 1; i++) {
      uintptr_t bp = i < sizeof wild / sizeof *wild ? wild[i] : (uintptr_t)none + 2048;
      void *p;
      __asm__ volatile(
          "push %%rbp\n mov %2, %%rbp\n mov %%rsp, %%rbx\n and $-16, %%rsp\n mov $40, %%edi\n"
          "call *%1\n mov %%rbx, %%rsp\n pop %%rbp"
          : "=&a"(p)
          : "r"((void *(*)(size_t))malloc), "r"(bp)
          : "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "memory", "cc");
      free(p);
    }
  exit(0);
}

static const struct {
  const char *name;
  void (*run)(void);
} cases[] = {{"stale", stale},
             {"aligned", aligned},
             {"small_stacks", small_stacks},
             {"fibers", fibers},
             {"alternate", alternate},
             {"without_tables", without_tables},
             {"wild_pointer", wild_pointer}};

int main(int argc, char **argv) {
  watchdog(200);
  books_open((unsigned)arg_long(argc, argv, 1, 8));
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc > 2 && strcmp(argv[2], cases[i].name) == 0) {
      cases[i].run();
      struct arenashim_totals t = {.size = sizeof t};
      arenashim_totals(&t);
      SAY("unwound %llu cut %llu\n", (unsigned long long)t.unwound, (unsigned long long)t.cut);
      return books_compare(argv[2]);
    }
  return 2;
}
