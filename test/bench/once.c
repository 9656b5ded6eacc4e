/* Runs a command and writes what it and its descendants cost: once FILE COMMAND...
 *
 *   FILE   one line: CPU microseconds, peak resident bytes of the largest process, exit status
 *
 * A process starts with its parent's largest size as its own: below one as small as this, sizes of
 * small programs can be seen. What is preloaded is for the command (ONCE_PRELOAD), not for us. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long long microseconds(struct timeval t) { return t.tv_sec * 1000000ll + t.tv_usec; }

static _Noreturn void become(char **command) {
  const char *preload = getenv("ONCE_PRELOAD");
  if (preload)
    setenv("LD_PRELOAD", preload, 1);
  unsetenv("ONCE_PRELOAD");
  execv(command[0], command);
  perror(command[0]);
  _exit(127);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: once FILE COMMAND...\n");
    return 2;
  }
  pid_t child = fork();
  if (child == 0)
    become(argv + 2);
  struct rusage used;
  int status;
  if (child < 0 || wait4(child, &status, 0, &used) != child) {
    perror("once");
    return 1;
  }
  FILE *out = fopen(argv[1], "w");
  if (!out) {
    perror(argv[1]);
    return 1;
  }
  fprintf(out, "%lld %lld %d\n", microseconds(used.ru_utime) + microseconds(used.ru_stime),
          used.ru_maxrss * 1024ll,
          WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  return 0;
}
