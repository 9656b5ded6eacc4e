/* Callers that nobody can find: code without unwind information whose rbp holds data, code that is
 * made at run time.  Each case asks for memory at few places, ROUNDS times. Usage: tags_blind CASE
 * ROUNDS      under ARENASHIM_TAG=stack:N or site */
#define _GNU_SOURCE
#include "../check.h"
#include <sys/mman.h>

#define FAR __attribute__((noinline))
enum { RETURNS = 5000, WORDS = 64 };

/* ask(n, data): malloc(n) with rbp = data, and nothing that says where the caller is.
 * returns: addresses that calls return to, one after each five bytes. */
void *ask(size_t n, uintptr_t data);
extern const char returns[];
__asm__(".text\n"
        ".type ask, @function\nask: push %rbp\n sub $32, %rsp\n mov %rsi, %rbp\n call malloc@PLT\n"
        "add $32, %rsp\n pop %rbp\n ret\n.size ask, .-ask\n"
        "returns: .rept 5000\n call abort@PLT\n .endr\n");

static uintptr_t *frames; /* on the stack, near: or libunwind does not believe it */

/* What stands where a frame pointer's chain would be: `next` and above it `address`. */
FAR static void ask_with(uintptr_t next, uintptr_t address) {
  for (int i = 0; i < WORDS; i += 2) {
    frames[i] = next;
    frames[i + 1] = address;
  }
  void *p = must(ask(64, (uintptr_t)frames));
  free(p);
}

static int anything;
FAR static void with_numbers(long i) {
  ask_with((uintptr_t)&frames[2], 0x1234500000 + (uintptr_t)i * 16);
}
FAR static void with_data(long i) {
  ask_with((uintptr_t)&frames[2], (uintptr_t)&anything + (uintptr_t)i % 4096);
}
FAR static void with_returns(long i) {
  ask_with((uintptr_t)&frames[2], (uintptr_t)returns + 5 * (1 + (uintptr_t)i % RETURNS));
}
FAR static void with_zero(long i) {
  (void)i;
  free(must(ask(64, 0)));
}

/* Code at ever new addresses: movabs rax, function; sub rsp, 8; call rax; add rsp, 8; ret */
static char *made;
static void *(*make(long i, uintptr_t function))(size_t) {
  enum { ROOM = 1 << 20 };
  if (made == NULL)
    made = mmap(NULL, ROOM, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  unsigned char code[] = {0x48, 0xb8, 0,    0,    0,    0,    0,    0,    0,    0,   0x48,
                          0x83, 0xec, 0x08, 0xff, 0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3};
  memcpy(code + 2, &function, sizeof function);
  char *at = made + (size_t)i % (ROOM / 32) * 32;
  memcpy(at, code, sizeof code);
  void *(*entry)(size_t);
  memcpy(&entry, &at, sizeof at);
  return entry;
}
FAR static void *helper(size_t n) {
  void *p = must(malloc(n));
  __asm__ volatile("" : "+r"(p));
  return p;
}
FAR static void made_direct(long i) { free(must(make(i, (uintptr_t)malloc)(100))); }
FAR static void made_helper(long i) { free(must(make(i, (uintptr_t)helper)(100))); }

static const struct {
  const char *name;
  void (*run)(long i);
} cases[] = {{"numbers", with_numbers}, {"data", with_data},          {"returns", with_returns},
             {"zero", with_zero},       {"made_direct", made_direct}, {"made_helper", made_helper}};

int main(int argc, char **argv) {
  uintptr_t words[WORDS];
  frames = hide(words);
  watchdog(120);
  for (size_t c = 0; argc > 1 && c < sizeof cases / sizeof *cases; c++)
    if (strcmp(argv[1], cases[c].name) == 0) {
      for (long i = 0; i < arg_long(argc, argv, 2, 1000); i++)
        cases[c].run(i);
      return 0;
    }
  FAIL("no such case");
}
