/* Holds N objects of 100 bytes and one of 1 MiB, prints "ready PID LIVE-BYTES OBJECTS" (the shim's
 * own totals, 0 without it), then ends: record_holds N END [PROGRAM...].
 *
 *   return, _exit, abort    as they say        kill, segv, term   by that signal
 *   raw                     by a bare system call    wait         sleeps until it is killed
 *   exec                    becomes PROGRAM    eat                allocates until somebody kills it
 */
#include "../../../shim/arenashim.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noinline)) static void *keep(size_t bytes) {
  void *p = malloc(bytes);
  return p == NULL ? p : memset(p, 1, bytes);
}

static void ready(void) {
  struct arenashim_totals t = {.size = sizeof t};
  char line[128];
  if (arenashim_totals != NULL)
    arenashim_totals(&t);
  int n = snprintf(line, sizeof line, "ready %d %llu %llu\n", (int)getpid(),
                   (unsigned long long)t.live_bytes, (unsigned long long)(t.allocs - t.frees));
  if (write(STDOUT_FILENO, line, (size_t)n) != n)
    abort();
}

static void end(const char *how, char **program) {
  if (strcmp(how, "_exit") == 0)
    _exit(3);
  if (strcmp(how, "abort") == 0)
    abort();
  if (strcmp(how, "kill") == 0)
    kill(getpid(), SIGKILL);
  if (strcmp(how, "segv") == 0)
    raise(SIGSEGV);
  if (strcmp(how, "term") == 0)
    raise(SIGTERM);
  if (strcmp(how, "raw") == 0)
    syscall(SYS_exit_group, 4);
  if (strcmp(how, "wait") == 0)
    sleep(100);
  if (strcmp(how, "exec") == 0)
    execvp(program[0], program);
  while (strcmp(how, "eat") == 0)
    keep(1 << 16);
}

int main(int argc, char **argv) {
  for (int i = 0; i < atoi(argv[1]); i++)
    keep(100);
  keep(1 << 20);
  ready();
  end(argv[2], argv + 3);
  return argc > 2 && strcmp(argv[2], "return") == 0 ? 0 : 9;
}
