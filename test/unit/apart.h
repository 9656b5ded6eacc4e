/* Tests that may end in a process of their own, and failures that are told from anywhere.
 *
 * A failed require() is cmocka's failure in the test's own thread; anywhere else (another
 * thread, a forked child) it is one line on stderr and an abort, which the test then sees.
 */
#ifndef TEST_APART_H
#define TEST_APART_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_THREAD__) || __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#else
#define UNDER_TSAN 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define UNDER_ASAN 1
#else
#define UNDER_ASAN 0
#endif

/* ---- failures ---- */

static uint32_t test_thread; /* the one that cmocka runs tests in */

static inline void require_failed(const char *what, const char *file, int line) {
  if (os_thread_id() == test_thread) {
    print_error("%s\n", what);
    _fail(file, line);
  }
  dprintf(STDERR_FILENO, "%s:%d: %s\n", file, line, what);
  abort();
}

#define require(condition)                                                                         \
  do {                                                                                             \
    if (!(condition))                                                                              \
      require_failed(#condition, __FILE__, __LINE__);                                              \
  } while (0)

/* ---- processes ---- */

/* First of all in a child: a crash is a crash, and no cmocka that goes on with the next test. */
static inline void drop_cmocka(void) {
  static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGSYS};
  for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
    signal(signals[i], SIG_DFL);
}

/* Runs body in a child; its wait status. */
static inline int child_status(void (*body)(void)) {
  fflush(NULL);
  pid_t child = fork();
  require(child >= 0);
  if (child == 0) {
    drop_cmocka();
    body();
    exit(0); /* not _exit: coverage is written there */
  }
  int status;
  require(waitpid(child, &status, 0) == child);
  return status;
}

static inline void in_child(void (*body)(void)) { require(child_status(body) == 0); }

/* Runs body in a child that must die of SIGABRT; what it said on stderr. */
static inline void death_of(void (*body)(void), char *said, size_t size) {
  int ends[2];
  require(pipe(ends) == 0);
  fflush(NULL);
  pid_t child = fork();
  require(child >= 0);
  if (child == 0) {
    drop_cmocka();
    dup2(ends[1], STDERR_FILENO);
    body();
    _exit(0);
  }
  close(ends[1]);
  size_t length = 0;
  for (ssize_t n; (n = read(ends[0], said + length, size - 1 - length)) > 0;)
    length += (size_t)n;
  said[length] = '\0';
  close(ends[0]);
  int status;
  require(waitpid(child, &status, 0) == child);
  require(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The test of a body that needs a process of its own. */
#define APART(body)                                                                                \
  static void test_##body(void **state) {                                                          \
    (void)state;                                                                                   \
    in_child(body);                                                                                \
  }

#endif
