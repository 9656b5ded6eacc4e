/* Rules against libunwind's own walk, for frames of every shape: check_stack() is called where
 * malloc would be, and replays rules as the capture will. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <alloca.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cfi.h"
#include "find_object.h"
#include "unwinder.h"
#include "processor_time.h"

enum { DEPTH = 64 };

static char *stack; /* for libunwind to run on */
static void *stack_top;

/* What the last check_stack() saw. */
static enum rule_kind kinds[DEPTH]; /* of its caller's frame, and upwards */
static unsigned replayed, frames;
static bool rules_ended;

static volatile int sink; /* after a call: keeps it from being a tail call */

/* ---- the walk by rules ---- */

struct place {
  uintptr_t ra, sp, bp;
};

static uintptr_t word_at(uintptr_t address) { return *(uintptr_t *)address; }

static void replay(struct place *p, const struct rule *r) {
  uintptr_t cfa = (r->kind == RULE_SP ? p->sp : p->bp) + (uintptr_t)(intptr_t)r->delta;
  p->bp = r->rbp_at != 0 ? word_at(cfa + (uintptr_t)(intptr_t)r->rbp_at) : p->bp;
  p->ra = word_at(cfa - 8);
  p->sp = cfa;
}

/* Return addresses from p on; those that no rule reaches are libunwind's. */
static unsigned walk_by_rules(struct place p, uintptr_t *out) {
  unsigned n = 0;
  replayed = 0;
  rules_ended = false;
  while (n < DEPTH && p.ra != 0) {
    struct rule r = cfi_rule(p.ra);
    kinds[n] = r.kind;
    out[n++] = p.ra;
    rules_ended = r.kind == RULE_END;
    if (r.kind == RULE_NEVER || r.kind == RULE_NONE)
      return n + unwinder_walk(p.ra, p.sp, p.bp, out + n, DEPTH - n, &rules_ended, stack_top);
    if (r.kind == RULE_END)
      return n;
    assert_true(r.kind == RULE_SP || r.kind == RULE_BP);
    replay(&p, &r);
    replayed++;
  }
  return n;
}

/* Where malloc would stand.  Its own frame follows rbp, so its CFA is two words above. */
__attribute__((noinline, optimize("no-omit-frame-pointer"))) static void check_stack(void) {
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  struct place caller = {(uintptr_t)__builtin_return_address(0), frame + 16, word_at(frame)};
  uintptr_t by_rules[DEPTH], by_libunwind[DEPTH], walked[DEPTH];
  bool ended;
  frames = unwinder_backtrace((void *)(frame + 16), by_libunwind, DEPTH, stack_top);
  assert_true(frames > 0 && by_libunwind[0] == caller.ra);
  assert_int_equal(walk_by_rules(caller, by_rules), frames);
  assert_memory_equal(by_rules, by_libunwind, frames * sizeof *by_rules);
  assert_int_equal(unwinder_walk(caller.ra, caller.sp, caller.bp, walked, DEPTH, &ended, stack_top),
                   frames - 1);
  assert_memory_equal(walked, by_libunwind + 1, (frames - 1) * sizeof *walked);
}

/* ---- frames ---- */

#define FRAME __attribute__((noinline)) static void

FRAME plain(void) {
  check_stack();
  sink++;
}

FRAME large(void) {
  volatile char room[200000];
  room[0] = 0;
  check_stack();
  sink = room[0];
}

FRAME with_alloca(size_t n) {
  volatile char *room = alloca(n);
  room[0] = 0;
  check_stack();
  sink = room[0];
}

__attribute__((optimize("no-omit-frame-pointer"))) FRAME with_frame_pointer(void) {
  check_stack();
  sink++;
}

__attribute__((optimize("O0"))) FRAME without_optimizing(int n) {
  if (n > 0)
    without_optimizing(n - 1);
  else
    check_stack();
  sink += n;
}

FRAME realigned(void) {
  _Alignas(64) volatile char room[64];
  room[0] = 0;
  check_stack();
  sink = room[0];
}

/* Arguments on the stack and a realigned stack: the CFA is kept in memory (an expression). */
FRAME realigned_with_arguments(int a, int b, int c, int d, int e, int f, int g, int h) {
  _Alignas(64) volatile char room[64];
  volatile char *more = alloca((size_t)(a + b + c + d + e + f));
  room[0] = more[0] = (char)g;
  check_stack();
  sink = room[0] + more[0] + h;
}

static void test_plain(void **state) {
  (void)state;
  plain();
  assert_int_equal(kinds[0], RULE_SP);
  large();
  assert_int_equal(kinds[0], RULE_SP);
  assert_true(rules_ended);
}

static void test_frame_pointer(void **state) {
  (void)state;
  for (size_t n = 1; n < 3000; n += 700) {
    with_alloca(n);
    assert_int_equal(kinds[0], RULE_BP);
  }
  with_frame_pointer();
  assert_int_equal(kinds[0], RULE_BP);
  without_optimizing(5);
  assert_int_equal(kinds[0], RULE_BP);
  assert_int_equal(kinds[5], RULE_BP);
}

static void test_realigned(void **state) {
  (void)state;
  realigned();
  assert_int_equal(kinds[0], RULE_BP);
  realigned_with_arguments(10, 20, 30, 40, 50, 60, 70, 80);
  assert_int_equal(kinds[0], RULE_NEVER);
  assert_true(rules_ended);
}

/* main's callers: libc's frames up to _start, by rules alone. */
static void test_outermost(void **state) {
  (void)state;
  plain();
  assert_true(rules_ended && replayed == frames - 1);
  assert_int_equal(kinds[frames - 1], RULE_END);
}

static int compare(const void *a, const void *b) {
  check_stack();
  return *(const int *)a - *(const int *)b;
}

static void test_libc(void **state) {
  (void)state;
  int numbers[] = {3, 1, 2, 5, 4};
  qsort(numbers, 5, sizeof numbers[0], compare);
  assert_true(rules_ended && frames > 5);
}

static void *thread_body(void *argument) {
  plain();
  return argument;
}

static void test_thread(void **state) {
  (void)state;
  pthread_t thread;
  assert_int_equal(pthread_create(&thread, NULL, thread_body, NULL), 0);
  pthread_join(thread, NULL);
  assert_true(rules_ended && replayed == frames - 1 && kinds[frames - 1] == RULE_END);
}

static void on_signal(int number) {
  (void)number;
  plain();
}

static void test_signal(void **state) {
  (void)state;
  signal(SIGUSR1, on_signal);
  raise(SIGUSR1);
  assert_int_equal(kinds[0], RULE_SP); /* plain */
  assert_int_equal(kinds[1], RULE_SP); /* on_signal */
  assert_int_equal(kinds[2], RULE_NEVER);
  assert_true(rules_ended && frames > 6);
}

/* ---- code without unwind information ---- */

void call_unknown(void (*f)(void));
__asm__(".text\n.globl call_unknown\n.type call_unknown, @function\ncall_unknown:\n"
        "push %rbp\nmov %rsp, %rbp\ncall *%rdi\npop %rbp\nret\n.size call_unknown, .-call_unknown");

static void test_no_tables(void **state) {
  (void)state;
  call_unknown(plain);
  assert_int_equal(kinds[1], RULE_NONE);
}

/* Unwind information that rules can't express: the CFA in rbx, a signal frame's mark, a return
 * address elsewhere. */
void call_by_rbx(void (*f)(void));
void call_as_signal(void (*f)(void));
void call_aside(void (*f)(void));
__asm__(".text\n.globl call_by_rbx\n.type call_by_rbx, @function\ncall_by_rbx:\n.cfi_startproc\n"
        "push %rbx\n.cfi_def_cfa_offset 16\n.cfi_offset %rbx, -16\n"
        "lea 8(%rsp), %rbx\n.cfi_def_cfa %rbx, 8\ncall *%rdi\n"
        "pop %rbx\n.cfi_def_cfa %rsp, 8\nret\n.cfi_endproc\n"
        ".globl call_as_signal\n.type call_as_signal, @function\ncall_as_signal:\n"
        ".cfi_startproc\n.cfi_signal_frame\npush %rbx\n.cfi_def_cfa_offset 16\n"
        "call *%rdi\npop %rbx\n.cfi_def_cfa_offset 8\nret\n.cfi_endproc\n"
        ".globl call_aside\n.type call_aside, @function\ncall_aside:\n"
        ".cfi_startproc\npush %rbx\n.cfi_def_cfa_offset 24\n.cfi_offset %rip, -16\n"
        "call *%rdi\npop %rbx\nret\n.cfi_endproc\n");

static enum rule_kind caller_kind;
static unsigned caller_walk;

static void learn_caller(void) {
  uintptr_t out[DEPTH], ra = (uintptr_t)__builtin_return_address(0);
  uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
  bool ended = false;
  caller_kind = cfi_rule(ra).kind;
  caller_walk = unwinder_walk(ra, frame + 16, word_at(frame), out, DEPTH, &ended, stack_top);
  caller_walk = ended ? caller_walk : 0;
}

static void test_special(void **state) {
  (void)state;
  call_as_signal(learn_caller);
  assert_int_equal(caller_kind, RULE_NEVER);
  assert_true(caller_walk > 3);
  call_aside(learn_caller);
  assert_int_equal(caller_kind, RULE_NEVER);
  call_by_rbx(learn_caller);
  assert_int_equal(caller_kind, RULE_NEVER);
  assert_int_equal(caller_walk, 0); /* nobody knows rbx: no end is claimed */
}

static void test_jit(void **state) {
  (void)state;
  static const unsigned char code[] = {0x55, 0x48, 0x89, 0xe5, 0xff, 0xd7, 0x5d, 0xc3};
  void *page = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  memcpy(page, code, sizeof code);
  void (*enter)(void (*)(void));
  memcpy(&enter, &page, sizeof page);
  enter(plain);
  assert_int_equal(kinds[1], RULE_NONE);
  munmap(page, PAGE_BYTES);
}

/* ---- broken stacks, small stacks ---- */

static void test_broken(void **state) {
  (void)state;
  uintptr_t out[DEPTH], ra = (uintptr_t)&plain + 8;
  bool ended = true;
  errno = 77;
  assert_int_equal(unwinder_walk(ra, 0x10, 0x20, out, DEPTH, &ended, stack_top), 0);
  assert_false(ended);
  assert_int_equal(unwinder_walk(0x10, 0x10, 0x10, out, DEPTH, &ended, stack_top), 0);
  assert_int_equal(unwinder_backtrace((void *)0x10, out, DEPTH, stack_top), 0);
  assert_int_equal(cfi_rule(0).kind, RULE_NONE);
  assert_int_equal(cfi_rule(1).kind, RULE_NONE);
  assert_int_equal(cfi_rule(UINTPTR_MAX).kind, RULE_NONE);
  assert_int_equal(errno, 77);
}

/* The last page of a mapping as a stack: reading above it would fault. */
static void test_stack_edge(void **state) {
  (void)state;
  char *pages =
      mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + PAGE_BYTES, PAGE_BYTES);
  plain();
  uintptr_t out[DEPTH], ra = (uintptr_t)__builtin_return_address(0);
  bool ended = true;
  uintptr_t top = (uintptr_t)pages + PAGE_BYTES;
  for (uintptr_t sp = top - 1024; sp <= top + 64; sp += 4)
    unwinder_walk(ra, sp, sp, out, DEPTH, &ended, stack_top);
  assert_false(ended);
  munmap(pages, PAGE_BYTES);
}

#ifdef __SANITIZE_ADDRESS__
enum { SMALL_STACK = 32 << 10, LEFT = 12 << 10 }; /* its frames are several times as large */
#else
enum { SMALL_STACK = 16 << 10, LEFT = 1536 };
#endif

static void *small_thread(void *argument) {
  pthread_attr_t attributes;
  void *low;
  size_t size;
  pthread_getattr_np(pthread_self(), &attributes);
  pthread_attr_getstack(&attributes, &low, &size);
  pthread_attr_destroy(&attributes);
  volatile char *room = alloca((size_t)((char *)__builtin_frame_address(0) - (char *)low) - LEFT);
  room[0] = 1;
  uintptr_t out[8];
  bool ended = false;
  struct rule r = cfi_rule((uintptr_t)__builtin_return_address(0));
  uintptr_t sp = (uintptr_t)__builtin_frame_address(0) + 16;
  unwinder_walk((uintptr_t)__builtin_return_address(0), sp, 0, out, 8, &ended, stack_top);
  *(bool *)argument = r.kind == RULE_SP && ended;
  return NULL;
}

static void test_small_thread(void **state) {
  (void)state;
  pthread_attr_t attributes;
  pthread_t thread;
  bool right = false;
  pthread_attr_init(&attributes);
  assert_int_equal(pthread_attr_setstacksize(&attributes, SMALL_STACK), 0);
  assert_int_equal(pthread_create(&thread, &attributes, small_thread, &right), 0);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
  assert_true(right);
}

/* ---- another library where one stood ---- */

static struct rule plugin_rule;
static uintptr_t plugin_address;

static void from_plugin(void) {
  plugin_address = (uintptr_t)__builtin_return_address(0);
  plugin_rule = cfi_rule(plugin_address);
  check_stack();
}

static void use_plugin(const char *path) {
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  assert_non_null(library);
  void (*call)(void (*)(void));
  *(void **)&call = dlsym(library, "call_from_plugin");
  call(from_plugin);
  dlclose(library);
}

static void test_reopened(void **state) {
  (void)state;
  use_plugin(PLUGINS "/modules_a.so");
  struct rule a = plugin_rule;
  uintptr_t address = plugin_address;
  use_plugin(PLUGINS "/modules_b.so");
  if (address != plugin_address)
    skip();
  assert_int_equal(a.kind, RULE_SP);
  assert_int_equal(plugin_rule.kind, RULE_SP);
  assert_int_not_equal(a.delta, plugin_rule.delta);
}

/* ---- costs ---- */

/* Half of the stack stays untouched, and the costs are told. */
static void test_costs(void **state) {
  (void)state;
  uintptr_t ra = (uintptr_t)__builtin_return_address(0), out[DEPTH];
  enum { ROUNDS = 2000 };
  bool ended;
  memset(stack, 0xa5, UNWINDER_STACK_BYTES);
  double begin = now_us();
  for (unsigned i = 0; i < ROUNDS; i++)
    cfi_rule(ra);
  double learned = now_us();
  unwinder_walk(ra, (uintptr_t)out, (uintptr_t)out, out, DEPTH, &ended, stack_top);
  size_t left = 0;
  while (left < UNWINDER_STACK_BYTES && stack[left] == (char)0xa5)
    left++;
  print_message("# learn %.2f us; %zu bytes of stack\n", (learned - begin) / ROUNDS,
                UNWINDER_STACK_BYTES - left);
  assert_true(left > UNWINDER_STACK_BYTES / 2);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_plain),        cmocka_unit_test(test_frame_pointer),
      cmocka_unit_test(test_realigned),    cmocka_unit_test(test_outermost),
      cmocka_unit_test(test_libc),         cmocka_unit_test(test_thread),
      cmocka_unit_test(test_signal),       cmocka_unit_test(test_no_tables),
      cmocka_unit_test(test_special),      cmocka_unit_test(test_jit),
      cmocka_unit_test(test_broken),       cmocka_unit_test(test_stack_edge),
      cmocka_unit_test(test_small_thread), cmocka_unit_test(test_reopened),
      cmocka_unit_test(test_costs),
  };
  stack =
      mmap(NULL, UNWINDER_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  stack_top = stack + UNWINDER_STACK_BYTES;
  if (stack == MAP_FAILED || !find_object_open() || !unwinder_open())
    return 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
