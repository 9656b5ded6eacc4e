/* Pages of stacks that can be read; contract in stack_range.h. */
#include "stack_range.h"
#include "arch_stack.h"
#include "os.h"

#include <sys/auxv.h>

/* NEAR_BYTES: up to this distance from the range, pages of the same stack are looked for one by
 * one.  AHEAD_BYTES: this many bytes are tried at once when a stack is first seen, so that calls
 * and returns around a page's end do not leave the range each time. */
enum { NEAR_BYTES = 64 * PAGE_BYTES, AHEAD_BYTES = 3 * PAGE_BYTES };

/* The least distance that the kernel keeps between the main stack's end and other mappings. */
static const size_t MAIN_STACK_BYTES_MAX = 128 << 20;

static struct { uintptr_t thread, low, end; } main_stack;

static uintptr_t page_of(uintptr_t address) { return address & -(uintptr_t)PAGE_BYTES; }

/* AT_RANDOM's bytes lie above all frames, near the end. */
void stack_range_setup(void) {
  uintptr_t here = (uintptr_t)__builtin_frame_address(0), end = getauxval(AT_RANDOM);
  size_t most = os_stack_limit();
  most = most < MAIN_STACK_BYTES_MAX ? most & -(size_t)PAGE_BYTES : MAIN_STACK_BYTES_MAX;
  if (end - here >= most) /* not where it was expected: treated like any other thread's */
    return;
  main_stack.thread = cpu_thread();
  main_stack.end = page_of(end) + PAGE_BYTES;
  main_stack.low = main_stack.end - most;
}

/* Sets the range, so that a signal handler that interrupts this finds an empty range at worst. */
static void range_set(struct stack_range *r, uintptr_t low, uintptr_t end) {
  r->bytes = 0;
  atomic_signal_fence(memory_order_seq_cst);
  r->low = low;
  atomic_signal_fence(memory_order_seq_cst);
  r->bytes = end - low;
}

/* The first page from `from` on, below `to`, that can't be read; `to` if all can. */
static uintptr_t readable_until(uintptr_t from, uintptr_t to) {
  while (from < to && os_readable(from))
    from += PAGE_BYTES;
  return from;
}

/* Sets what is known of the calling thread's own stack without a system call. */
static void own_begin(struct stack_range *r) {
  uintptr_t thread = cpu_thread();
  bool is_main = thread == main_stack.thread;
  r->thread = 0;
  atomic_signal_fence(memory_order_seq_cst);
  r->own_end = is_main ? main_stack.end : page_of(thread) + PAGE_BYTES;
  r->own_low = is_main ? main_stack.low : r->own_end;
  atomic_signal_fence(memory_order_seq_cst);
  r->thread = thread;
}

/* Is this page, which can be read, one of the thread's own stack?  It is if all pages between it
 * and what is known of that stack can be read too; then they are known as well. */
static bool own_reaches(struct stack_range *r, uintptr_t page) {
  if (page >= r->own_low)
    return page < r->own_end;
  if (r->own_low - page > NEAR_BYTES || readable_until(page + PAGE_BYTES, r->own_low) != r->own_low)
    return false;
  r->own_low = page;
  return true;
}

void stack_learn(struct stack_range *r, uintptr_t word) {
  uintptr_t page = page_of(word), next = page + PAGE_BYTES;
  if (r->thread != cpu_thread())
    own_begin(r);
  if (own_reaches(r, page))
    range_set(r, r->own_low, r->own_end);
  else
    range_set(r, page, readable_until(next, next + AHEAD_BYTES));
}

bool stack_can_read(struct stack_range *r, uintptr_t address) {
  uintptr_t page = page_of(address), end = r->low + r->bytes;
  if (stack_knows(r, address))
    return true;
  if (page < end || page - end >= NEAR_BYTES || end == r->own_end)
    return os_readable(page);
  uintptr_t until = readable_until(end, page + PAGE_BYTES);
  range_set(r, r->low, until);
  return until > page;
}
