/* vfork and posix_spawn from a process with allocating threads: no atfork handler runs, and a vfork
 * child uses its parent's heap. spawn [CHILDREN = 200] */
#include "../check.h"
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>

extern char **environ;
static atomic_bool stop;

static void *work(void *seed) {
  uint64_t rng = (uintptr_t)seed;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    for (int i = 0; i < 500; i++) {
      size_t n = rng_below(&rng, 1000);
      char *p = must(malloc(n));
      stamp(p, n, n);
      CHECK_STAMP(p, n, n);
      free(p);
    }
    usleep(50);
  }
  return NULL;
}

/* The child shares memory and thread pointer with its parent, which sleeps: what it allocates
 * stays. */
static void check_vfork(size_t n) {
  char *volatile made = NULL;
  char *before = must(malloc(n));
  stamp(before, n, n);
  pid_t pid = vfork();
  CHECK(pid >= 0, "vfork expected a pid, found errno %d", errno);
  if (pid == 0) {
    made = malloc(n);
    if (made)
      stamp(made, n, n + 1);
    free(malloc(n + 400));
    free(before);
    _exit(made ? 0 : 1);
  }
  wait_ok(pid);
  CHECK_STAMP(made, n, n + 1);
  free(made);
}

static void check_vfork_exec(void) {
  pid_t pid = vfork();
  CHECK(pid >= 0, "vfork expected a pid, found errno %d", errno);
  if (pid == 0) {
    execl("/bin/true", "true", (char *)NULL);
    _exit(127);
  }
  wait_ok(pid);
}

static void check_posix_spawn(void) {
  pid_t pid;
  char *argv[] = {"true", NULL};
  int error = posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ);
  CHECK(error == 0, "posix_spawn expected 0, found %d", error);
  wait_ok(pid);
}

int main(int argc, char **argv) {
  long children = arg_long(argc, argv, 1, 200);
  watchdog(60 + (unsigned)(children / 10));
  pthread_t threads[3];
  for (int i = 0; i < 3; i++)
    threads[i] = thread_start(work, (void *)(uintptr_t)(i + 1));
  for (long i = 0; i < children; i++) {
    check_vfork((size_t)i * 7 % 1024);
    check_vfork_exec();
    check_posix_spawn();
  }
  FILE *f = popen("echo piped", "r"); /* posix_spawn inside, and stdio's buffers around it */
  char line[20] = "";
  CHECK(f && fgets(line, sizeof line, f) && strcmp(line, "piped\n") == 0,
        "popen expected \"piped\", found \"%s\"", line);
  CHECK(pclose(f) == 0 && system("exit 0") == 0, "pclose and system expected 0, found another");
  atomic_store(&stop, true);
  for (int i = 0; i < 3; i++)
    pthread_join(threads[i], NULL);
}
