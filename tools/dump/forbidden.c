/* Looks for what the kernel looks at (ptrace(2), "Ptrace access mode checking"); contract in
 * forbidden.h. */
#include "forbidden.h"
#include "say.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The number behind a name in a file of /proc, or alone in it with ""; -1: there is none. */
static long number_in(const char *path, const char *name) {
  char line[256];
  long number = -1;
  FILE *f = fopen(path, "re");
  while (f != NULL && number < 0 && fgets(line, sizeof line, f) != NULL)
    if (strncmp(line, name, strlen(name)) == 0 && sscanf(line + strlen(name), "%ld", &number) != 1)
      number = -1;
  if (f != NULL)
    fclose(f);
  return number;
}

static bool is_capable(void) {
  enum { CAPABILITY = 19 }; /* CAP_SYS_PTRACE */
  char line[256];
  unsigned long long set = 0;
  FILE *f = fopen("/proc/self/status", "re");
  while (f != NULL && fgets(line, sizeof line, f) != NULL)
    sscanf(line, "CapEff: %llx", &set);
  if (f != NULL)
    fclose(f);
  return set >> CAPABILITY & 1;
}

char *forbidden_why(pid_t pid) {
  char status[64];
  snprintf(status, sizeof status, "/proc/%d/status", (int)pid);
  long user = number_in(status, "Uid:");
  long scope = number_in("/proc/sys/kernel/yama/ptrace_scope", "");
  if (scope >= 3)
    return must_copy("kernel.yama.ptrace_scope=3 forbids it to all: start the program with "
                     "ARENASHIM_RECORD=FILE, and name that file");
  if (geteuid() == 0 && is_capable())
    return must_copy("it belongs to another user namespace, or a security module forbids it: read "
                     "it from where it was started");
  if (geteuid() == 0)
    return must_copy("this root lacks CAP_SYS_PTRACE, as in most containers: give it that "
                     "(--cap-add=SYS_PTRACE), or read it from the host");
  if (user >= 0 && user != (long)geteuid())
    return must_print("it runs as user %ld: do it as that user, or as root", user);
  if (scope > 0)
    return must_print(
        "kernel.yama.ptrace_scope=%ld lets only root read it: do it as root, or start "
        "the program with ARENASHIM_RECORD=FILE, and name that file",
        scope);
  return must_copy("it has other rights than you, or forbids it (PR_SET_DUMPABLE): do it as root, "
                   "or start the program with ARENASHIM_RECORD=FILE, and name that file");
}
