/* In a build with AddressSanitizer, a byte of a region that is in no piece is poisoned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "region_internal.h"

#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)

static bool is_poisoned(const void *p) { return __asan_address_is_poisoned(p) != 0; }

static void assert_piece(const char *p, size_t size) {
  for (size_t i = 0; i < size; i++)
    assert_false(is_poisoned(p + i));
  assert_true(is_poisoned(p + size));
}

static void assert_no_piece(const char *p, size_t size) {
  for (size_t i = 0; i < size; i++)
    assert_true(is_poisoned(p + i));
}

static void pieces_have_exact_ends(void **state) {
  (void)state;
  struct arena *a = arena_create("poison", NULL);
  for (size_t size = 0; size < 70; size++) {
    char *p = arena_alloc(a, size), *next = arena_alloc(a, 1);
    assert_piece(p, size);
    assert_no_piece(p + size, (size_t)(next - (p + size)));
    assert_true(next - (p + size) >= REDZONE);
  }
  assert_piece(arena_alloc(a, 100001), 100001);
  arena_destroy(a);
}

static void padding_is_poisoned(void **state) {
  (void)state;
  struct arena *a = arena_create("poison", NULL);
  char *before = arena_alloc(a, 16);
  char *p = arena_alloc_aligned(a, 512, 33);
  assert_no_piece(before + 16, (size_t)(p - before) - 16);
  assert_piece(p, 33);
  arena_destroy(a);
}

static void realloc_moves_the_ends(void **state) {
  (void)state;
  struct arena *a = arena_create("poison", NULL);
  char *p = arena_alloc(a, 100);
  assert_ptr_equal(arena_realloc(a, p, 100, 37), p);
  assert_piece(p, 37);
  assert_no_piece(p + 37, 100);
  assert_ptr_equal(arena_realloc(a, p, 37, 91), p);
  assert_piece(p, 91);
  char *last = arena_alloc(a, 1);
  assert_ptr_equal(arena_realloc(a, p, 91, 21), p);
  assert_piece(p, 21);
  assert_no_piece(p + 21, (size_t)(last - p) - 21);
  char *moved = arena_realloc(a, p, 21, 200);
  assert_no_piece(p, 21);
  assert_piece(moved, 200);
  arena_destroy(a);
}

static void rewound_memory_is_poisoned(void **state) {
  (void)state;
  struct arena *a = arena_create("poison", NULL);
  char *kept = arena_alloc(a, 50);
  struct arena_mark m = arena_mark(a);
  char *gone = arena_alloc(a, 3000);
  assert_int_equal(arena_rewind(a, m), 0);
  assert_piece(kept, 50);
  assert_no_piece(gone, 3000);
  assert_int_equal(arena_reset(a), 0);
  assert_no_piece(kept, 3050);
  assert_ptr_equal(arena_alloc(a, 7), kept);
  assert_piece(kept, 7);
  arena_destroy(a);
}

static void buffer_comes_back_clean(void **state) {
  (void)state;
  static char buffer[2048];
  struct arena_config c = {.buffer = buffer, .buffer_size = sizeof buffer};
  struct arena *a = arena_create("poison", &c);
  char *p = arena_alloc(a, 100);
  assert_piece(p, 100);
  assert_true(is_poisoned(buffer + sizeof buffer - ARENA_ALIGN));
  arena_destroy(a);
  for (size_t i = 0; i < sizeof buffer; i++)
    assert_false(is_poisoned(buffer + i));
}

/* The point of it all: the program that writes one byte too far ends there and then. */
static void overflow_into_the_neighbour_is_fatal(void **state) {
  (void)state;
  struct arena *a = arena_create("poison", NULL);
  volatile char *p = arena_alloc(a, 32);
  assert_non_null(arena_alloc(a, 32));
  for (int over = 0; over <= 1; over++) {
    pid_t pid = fork();
    if (pid == 0) {
      dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
      p[31 + over] = 'x';
      _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(WIFEXITED(status) && WEXITSTATUS(status) == 0, !over);
  }
  arena_destroy(a);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pieces_have_exact_ends),
      cmocka_unit_test(padding_is_poisoned),
      cmocka_unit_test(realloc_moves_the_ends),
      cmocka_unit_test(rewound_memory_is_poisoned),
      cmocka_unit_test(buffer_comes_back_clean),
      cmocka_unit_test(overflow_into_the_neighbour_is_fatal),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void needs_address_sanitizer(void **state) {
  (void)state;
  skip();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(needs_address_sanitizer)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
