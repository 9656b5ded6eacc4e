/* Helpers of the preload tests: one failure is one line on stderr and exit status 1. No helper
 * allocates. */
#pragma once
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The message goes out by write: the failing program may be a forked child or out of memory. */
#define FAIL(...)                                                                                  \
  do {                                                                                             \
    char line_[512];                                                                               \
    int head_ = snprintf(line_, sizeof line_, "%s:%d: ", __FILE__, __LINE__);                      \
    int len_ = head_ + snprintf(line_ + head_, sizeof line_ - (size_t)head_ - 1, __VA_ARGS__);     \
    len_ = len_ > (int)sizeof line_ - 2 ? (int)sizeof line_ - 2 : len_;                            \
    line_[len_] = '\n';                                                                            \
    ssize_t done_ = write(2, line_, (size_t)len_ + 1);                                             \
    (void)done_;                                                                                   \
    _exit(1);                                                                                      \
  } while (0)

/* A line to stdout that allocates nothing: dprintf takes a buffer of 1024 bytes from malloc. */
#define SAY(...)                                                                                   \
  do {                                                                                             \
    char line_[256];                                                                               \
    int len_ = snprintf(line_, sizeof line_, __VA_ARGS__);                                         \
    ssize_t done_ = write(1, line_, (size_t)len_);                                                 \
    (void)done_;                                                                                   \
  } while (0)

/* CHECK(condition, "what was expected, and what was found", ...) */
#define CHECK(cond, ...)                                                                           \
  do {                                                                                             \
    if (!(cond))                                                                                   \
      FAIL(__VA_ARGS__);                                                                           \
  } while (0)

/* Hides a pointer's or a size's history from the compiler: it must not warn of, or fold, what we do
 * wrong on purpose. */
static inline void *hide(void *p) {
  __asm__ volatile("" : "+r"(p));
  return p;
}

static inline size_t hide_size(size_t n) {
  __asm__ volatile("" : "+r"(n));
  return n;
}

/* Numeric argument i, or its default. */
static inline long arg_long(int argc, char **argv, int i, long otherwise) {
  return argc > i ? strtol(argv[i], NULL, 0) : otherwise;
}

/* splitmix64: every seed is good, the state is one word. */
static inline uint64_t rng_next(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static inline size_t rng_below(uint64_t *state, size_t bound) {
  return (size_t)(rng_next(state) % bound);
}

/* A stamp fills n bytes with words that depend on the tag and the position, so that a shifted or
 * foreign write shows. */
static inline uint64_t stamp_word(uint64_t tag, size_t i) {
  return (tag + i) * 0x9e3779b97f4a7c15u ^ tag;
}

/* __builtin_: the tests are built with -fno-builtin, and a call for each word would be most of
 * their time. */
static inline void stamp(void *p, size_t n, uint64_t tag) {
  size_t words = n / 8;
  for (size_t i = 0; i < words; i++) {
    uint64_t w = stamp_word(tag, i);
    __builtin_memcpy((char *)p + 8 * i, &w, 8);
  }
  uint64_t last = stamp_word(tag, words);
  memcpy((char *)p + 8 * words, &last, n % 8);
}

/* Offset of the first wrong word of a stamp, or -1 when all n bytes are right. */
static inline long stamp_wrong_at(const void *p, size_t n, uint64_t tag) {
  size_t words = n / 8;
  for (size_t i = 0; i < words; i++) {
    uint64_t w;
    __builtin_memcpy(&w, (const char *)p + 8 * i, 8);
    if (w != stamp_word(tag, i))
      return (long)(8 * i);
  }
  uint64_t last = stamp_word(tag, words);
  return memcmp((const char *)p + 8 * words, &last, n % 8) ? (long)(8 * words) : -1;
}

#define CHECK_STAMP(p, n, tag)                                                                     \
  do {                                                                                             \
    long at_ = stamp_wrong_at(p, n, tag);                                                          \
    CHECK(at_ < 0, "contents of the %zu bytes at %p changed at offset %ld", (size_t)(n),           \
          (void *)(p), at_);                                                                       \
  } while (0)

static inline void *must(void *p) {
  CHECK(p, "allocation expected to succeed, found NULL, errno %d", errno);
  return p;
}

/* Resident bytes of this process, without stdio: the reading must not allocate. */
static inline long resident_bytes(void) {
  char text[128] = "";
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
  CHECK(got > 0, "/proc/self/statm expected to be readable, errno %d", errno);
  close(fd);
  char *second = strchr(text, ' ');
  return strtol(second ? second : "0", NULL, 10) * sysconf(_SC_PAGESIZE);
}

static inline void watchdog_rang(int sig) {
  static const char line[] = "watchdog: expected to be done by now, found hanging\n";
  (void)sig;
  ssize_t done = write(2, line, sizeof line - 1);
  (void)done;
  _exit(1);
}

/* Turns a hang into a failure. Alarms are not inherited: a forked child sets its own. */
static inline void watchdog(unsigned seconds) {
  signal(SIGALRM, watchdog_rang);
  alarm(seconds);
}

/* Waits for a child that is expected to exit with status 0. */
static inline void wait_ok(pid_t pid) {
  int status = -1;
  pid_t got;
  do
    got = waitpid(pid, &status, 0);
  while (got < 0 && errno == EINTR);
  CHECK(got == pid, "waitpid(%d) expected the child, found %d, errno %d", (int)pid, (int)got,
        errno);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0,
        "child %d expected to exit with 0, found wait status 0x%x", (int)pid, status);
}

static inline pthread_t thread_start_with(const pthread_attr_t *attributes, void *(*run)(void *),
                                          void *arg) {
  pthread_t t;
  int error = pthread_create(&t, attributes, run, arg);
  CHECK(error == 0, "pthread_create expected 0, found %d", error);
  return t;
}

static inline pthread_t thread_start(void *(*run)(void *), void *arg) {
  return thread_start_with(NULL, run, arg);
}

/* A thread with a stack of 64 KiB, of which there may be many. */
static inline pthread_t thread_start_small(void *(*run)(void *), void *arg) {
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 << 10);
  return thread_start_with(&small, run, arg);
}
