/* Puts itself into a sandbox that allows what it uses with glibc's malloc and no more, then works
 * the allocator there: sizes small to large, realloc, threads that come and go, forks, refused
 * memory. Usage: sandboxed ANSWER HOW [files]   ANSWER to other system calls: kill, trap, errno HOW
 * it is installed: prctl, seccomp (by syscall), syscall (prctl by syscall), strict files: what a
 * report needs is allowed, too.  Ends with 7. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ALLOW(name)                                                                                \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1),                                           \
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define LOAD_NUMBER BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))

static int install(const char *how, struct sock_fprog *program) {
  if (strcmp(how, "prctl") == 0)
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program);
  if (strcmp(how, "syscall") == 0)
    return (int)syscall(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0);
  return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, program);
}

static int enter(const char *answer, const char *how, int files) {
  unsigned other = strcmp(answer, "kill") == 0   ? SECCOMP_RET_KILL_PROCESS
                   : strcmp(answer, "trap") == 0 ? SECCOMP_RET_TRAP
                                                 : SECCOMP_RET_ERRNO | EPERM;
  struct sock_filter needed[] = {LOAD_NUMBER,
                                 ALLOW(mmap),
                                 ALLOW(munmap),
                                 ALLOW(mprotect),
                                 ALLOW(mremap),
                                 ALLOW(madvise),
                                 ALLOW(brk),
                                 ALLOW(futex),
                                 ALLOW(write),
                                 ALLOW(exit),
                                 ALLOW(exit_group),
                                 ALLOW(clone),
                                 ALLOW(clone3),
                                 ALLOW(wait4),
                                 ALLOW(set_robust_list),
                                 ALLOW(rseq),
                                 ALLOW(rt_sigprocmask),
                                 ALLOW(rt_sigaction),
                                 ALLOW(set_tid_address),
                                 ALLOW(rt_sigreturn),
                                 ALLOW(setrlimit),
                                 ALLOW(prlimit64),
                                 ALLOW(getrandom),
                                 ALLOW(sched_getaffinity), /* glibc's malloc and threads */
                                 BPF_STMT(BPF_RET | BPF_K, other)};
  struct sock_filter more[] = {
      LOAD_NUMBER, /* bits as libseccomp tests them, and a report's calls */
      BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffffffff),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 1000, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  struct sock_fprog program = {files ? sizeof more / sizeof *more : sizeof needed / sizeof *needed,
                               files ? more : needed};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    return -1;
  return install(how, &program);
}

static int allocate(unsigned seed) {
  enum { KEPT = 20000 };
  static __thread char *kept[KEPT];
  for (unsigned round = 0; round < 3; round++) {
    for (unsigned i = 0; i < KEPT; i++) {
      size_t n = 16 + (i * 7 + seed) % 900;
      kept[i] = realloc(malloc(i % 1000 ? n : 100 * n), i % 3 ? n : 2 * n);
      if (kept[i] == NULL)
        return 0;
      kept[i][0] = 1;
    }
    for (unsigned i = 0; i < KEPT; i++)
      free(kept[i]);
  }
  void *volatile refused = malloc(SIZE_MAX / 4);
  return refused == NULL;
}

static void *work(void *seed) { return allocate((unsigned)(size_t)seed) ? seed : NULL; }

static int in_threads(void) {
  pthread_t threads[4];
  void *end;
  int good = 1;
  for (size_t i = 0; i < 4; i++)
    pthread_create(&threads[i], NULL, work, (void *)(i + 1));
  pid_t child = fork();
  if (child == 0)
    exit(allocate(9) ? 7 : 1);
  for (size_t i = 0; i < 4; i++)
    good &= pthread_join(threads[i], &end) == 0 && end != NULL;
  int status;
  return good && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 7;
}

int main(int count, char **arguments) {
  if (count < 3)
    return 2;
  if (strcmp(arguments[2], "strict") == 0) {
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
      return 2;
    (void)!write(STDOUT_FILENO, "done\n", 5);
    syscall(SYS_exit, 7); /* exit_group is not allowed */
  }
  if (enter(arguments[1], arguments[2], count > 3) != 0)
    return 2;
  if (!allocate(0) || !in_threads() || !in_threads())
    return 1;
  return write(STDOUT_FILENO, "done\n", 5) == 5 ? 7 : 1;
}
