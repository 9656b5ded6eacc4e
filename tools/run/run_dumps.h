/* Which dumps are there after a run. */
#ifndef TOOLS_RUN_DUMPS_H
#define TOOLS_RUN_DUMPS_H

#include "run_place.h"

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* What a dump says of its process. */
struct dump_file {
  char *path;    /* as the user would type it */
  char *program; /* its short name */
  uint32_t pid;
  uint64_t live_bytes, peak_bytes;
  const char *estimate, *peak_mark; /* their marks */
  struct timespec written;
};

struct dump_files {
  struct dump_file *items;
  size_t count;
  bool has_main; /* the first is the program's own */
};

/* Gives the program's last dump its name; the others follow it, largest peak first. */
struct dump_files dumps_collect(const struct run_place *p, pid_t program);

void dumps_free(struct dump_files *f);

#endif
