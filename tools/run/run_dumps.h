/* Which dumps are there after a run. */
#ifndef TOOLS_RUN_DUMPS_H
#define TOOLS_RUN_DUMPS_H

#include "run_place.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* What a dump says of its process. */
struct dump_file {
  char *path;    /* as the user would type it */
  char *program; /* its name, of run_name */
  char *moment;  /* when it was made, in words (when.h) */
  uint32_t pid;
  uint32_t reason, signal; /* as in struct dump_process */
  uint64_t live_bytes, peak_bytes;
  const char *estimate, *peak_mark; /* their marks */
  struct timespec written;
  bool is_last;  /* of its process */
  bool is_final; /* the process had ended, or was about to, when it wrote this */
};

struct dump_files {
  struct dump_file *items;
  size_t count;
  struct dump_file *main; /* the program's own last one, NULL: none */
};

/* Finds the dumps of the run: in its directory, and in $TMPDIR and /tmp, where the shim writes when
 * a process can't write into that (it has become another user).  There one is taken for the run's
 * only if it was written since `start`, names the run's pattern, and is a file of ours, or of
 * anybody when we are root.  Moves each to its place (run_place.h); one that can't be moved is
 * named where it is.  Largest peak first, and of equal ones the later. */
struct dump_files dumps_collect(const struct run_place *p, pid_t program, time_t start);

/* The dumps that a user names, in the same order; none is moved, and none is `main`.  False after a
 * line about each that can't be read. */
bool dumps_read(struct dump_files *f, char *const paths[], size_t count);

void dumps_free(struct dump_files *f);

#endif
