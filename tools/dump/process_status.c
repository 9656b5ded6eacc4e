/* Reads /proc/PID/status, stat and statm; contract in process_status.h. */
#include "process_status.h"
#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static FILE *open_file(pid_t pid, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
  return fopen(path, "re");
}

static void read_line(const char *line, struct process_status *s) {
  unsigned number;
  if (sscanf(line, "Uid: %*u %u", &number) == 1)
    s->user = number;
  if (strncmp(line, "Name:\t", 6) == 0)
    snprintf(s->name, sizeof s->name, "%.*s", (int)strcspn(line + 6, "\n"), line + 6);
  const char *last = strrchr(line, '\t');
  if (strncmp(line, "NSpid:", 6) == 0 && last != NULL && sscanf(last, "%u", &number) == 1)
    s->inner_pid = number;
}

/* The 22nd word; the second one, in parentheses, may hold anything. */
static bool read_start(pid_t pid, struct process_status *s) {
  char line[1024] = "";
  unsigned long long ticks = 0;
  FILE *f = open_file(pid, "stat");
  if (f == NULL)
    return false;
  bool good = fgets(line, sizeof line, f) != NULL;
  fclose(f);
  const char *at = strrchr(line, ')');
  for (int word = 2; good && at != NULL && word < 22; word++)
    at = strchr(at + 1, ' ');
  good = good && at != NULL && sscanf(at, "%llu", &ticks) == 1;
  uint64_t boot = clock_ns(CLOCK_BOOTTIME), asleep = boot - clock_ns(CLOCK_MONOTONIC);
  uint64_t start = ticks * (1000000000 / (uint64_t)sysconf(_SC_CLK_TCK));
  s->start_mono = start > asleep ? start - asleep : 0;
  return good;
}

bool process_status_read(pid_t pid, struct process_status *s) {
  char line[256];
  *s = (struct process_status){.inner_pid = (uint32_t)pid};
  FILE *f = open_file(pid, "status");
  if (f == NULL)
    return false;
  while (fgets(line, sizeof line, f) != NULL)
    read_line(line, s);
  fclose(f);
  return read_start(pid, s);
}

bool process_may_be(const struct process_status *s, uint32_t inner_pid, uint64_t then) {
  enum { TICKS = 50000000 }; /* the kernel's are of 10 ms */
  return s->inner_pid == inner_pid && then + TICKS >= s->start_mono;
}

bool process_sees(uint64_t namespace) {
  enum { FIRST = 0xeffffffc }; /* the inode of the machine's own, from which all are seen */
  struct stat s;
  if (namespace == 0 || stat("/proc/self/ns/pid", &s) != 0)
    return true;
  return s.st_ino == namespace || s.st_ino == FIRST;
}

uint64_t process_resident(pid_t pid) {
  unsigned long long pages = 0;
  FILE *f = open_file(pid, "statm");
  if (f != NULL && fscanf(f, "%*s %llu", &pages) != 1)
    pages = 0;
  if (f != NULL)
    fclose(f);
  return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}
