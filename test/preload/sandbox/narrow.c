/* Puts itself into a sandbox that forbids one thing, and works the allocator there.
 * Usage: narrow WHAT   strict: all but read, write and exit
 *                      memory: mmap
 *                      write: to descriptors other than 1 and 2
 *                      futex: operations other than FUTEX_WAIT and FUTEX_WAKE
 *                      masks: rt_sigprocmask
 *                      counter: the processor's counter, by PR_SET_TSC
 *                      remap: mremap
 *                      unmap, protect, advise: munmap, mprotect, madvise
 *                      thread: strict mode of a thread that has ended before the others work on
 *                      inherited: mremap, in a thread that was started by one that may not
 * Ends with 7; with 3 if memory was not there that could be mapped. */
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SLOTS = 50 };

static void work(unsigned rounds) {
  void *slots[SLOTS] = {NULL};
  for (unsigned i = 0; i < rounds; i++) {
    free(slots[i % SLOTS]);
    slots[i % SLOTS] = malloc(i * 37 % 1500 + 1); /* NULL where no memory can be had */
  }
  for (unsigned i = 0; i < SLOTS; i++)
    free(slots[i]);
}

/* An object that grows to 30 MiB where memory can be had, and another that takes its place. */
static void grow(void) {
  char *p = NULL, *q;
  for (size_t n = 1 << 20; n <= 30 << 20 && (q = realloc(p, n)) != NULL; n += 1 << 20) {
    p = q;
    p[n - 1] = 1;
  }
  free(p);
  free(malloc(40 << 20));
}

/* Another way to the same calls: its frames are not known yet. */
static __attribute__((noinline)) void work_elsewhere(unsigned rounds) {
  work(rounds);
  __asm__ volatile("");
}

/* Without the processor's counter, which strict mode forbids to read. */
static long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Allows all but calls of `number` whose argument, of those bits, is `least` or more. */
static int filter(unsigned number, unsigned argument, unsigned bits, unsigned least) {
  struct sock_filter f[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * argument),
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, least, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog p = {sizeof f / sizeof *f, f};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
}

static int enter(const char *what) {
  return strcmp(what, "strict") == 0    ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT)
         : strcmp(what, "counter") == 0 ? prctl(PR_SET_TSC, PR_TSC_SIGSEGV)
         : strcmp(what, "write") == 0   ? filter(SYS_write, 0, ~0U, STDERR_FILENO + 1)
         : strcmp(what, "memory") == 0  ? filter(SYS_mmap, 0, ~0U, 0)
         : strcmp(what, "remap") == 0   ? filter(SYS_mremap, 0, ~0U, 0)
         : strcmp(what, "unmap") == 0   ? filter(SYS_munmap, 0, ~0U, 0)
         : strcmp(what, "protect") == 0 ? filter(SYS_mprotect, 0, ~0U, 0)
         : strcmp(what, "advise") == 0  ? filter(SYS_madvise, 0, ~0U, 0)
         : strcmp(what, "futex") == 0   ? filter(SYS_futex, 1, FUTEX_CMD_MASK, FUTEX_WAKE + 1)
                                        : filter(SYS_rt_sigprocmask, 0, ~0U, 0);
}

/* Small objects and large ones, more than can be mapped already. */
static int get_memory(void) {
  static void *kept[40000];
  unsigned n = 0;
  while (n < 40000 && (kept[n] = malloc(n % 200 == 0 ? 100000 : 300)) != NULL)
    n++;
  for (unsigned i = 0; i < n; i++)
    free(kept[i]);
  return n == 40000;
}

static void *strict_thread(void *unused) {
  (void)unused;
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0)
    work_elsewhere(3000);
  syscall(SYS_exit, 0);
  return NULL;
}

/* A filter of one thread is nothing to the others. */
static int beside_a_strict_thread(void) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, strict_thread, NULL) != 0 || pthread_join(thread, NULL) != 0)
    return 2;
  work_elsewhere(3000);
  return get_memory() ? 7 : 3;
}

static void *grower(void *unused) {
  grow();
  return unused;
}

static void *grower_started(void *unused) {
  pthread_t thread;
  if (filter(SYS_mremap, 0, ~0U, 0) == 0 && pthread_create(&thread, NULL, grower, NULL) == 0)
    pthread_join(thread, NULL);
  return unused;
}

static int thread_of_a_thread(void) {
  pthread_t thread;
  return pthread_create(&thread, NULL, grower_started, NULL) == 0 && pthread_join(thread, NULL) == 0
             ? 7
             : 2;
}

/* A child that was forked inside the sandbox works in memory of its own. */
static int fork_inside(void) {
  int status;
  pid_t child = fork();
  if (child == 0) {
    work(1000);
    _exit(get_memory() ? 7 : 3);
  }
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* In a child, so that no stack is known yet. */
int main(int count, char **arguments) {
  int status;
  if (count < 2)
    return 2;
  int strict = strcmp(arguments[1], "strict") == 0,
      none = strict || strcmp(arguments[1], "memory") == 0,
      slow = strict || strcmp(arguments[1], "counter") == 0;
  work(1000);
  if (strcmp(arguments[1], "thread") == 0)
    return beside_a_strict_thread();
  if (strcmp(arguments[1], "inherited") == 0)
    return thread_of_a_thread();
  pid_t child = fork();
  if (child == 0) {
    work(1000);
    if (enter(arguments[1]) != 0)
      _exit(2);
    long begun = now_ms();
    do
      work_elsewhere(3000);
    while (slow && now_ms() - begun < 300); /* until the shim wants to know the time */
    grow();
    if (strict)
      syscall(SYS_exit, 7); /* exit_group is not allowed */
    if (!none && !get_memory())
      exit(3);
    exit(none ? 7 : fork_inside());
  }
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
