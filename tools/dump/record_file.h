/* The file of a record (ARENASHIM_RECORD), read as a dump. */
#ifndef TOOLS_RECORD_FILE_H
#define TOOLS_RECORD_FILE_H

#include "memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

/* What somebody who waited for the process knows of its end. */
struct record_end {
  uint32_t signal; /* that ended it; 0: none, or not known */
  bool replaced;   /* by another program, by exec */
};

/* The dump's bytes, to be freed, that are made of a record's; *n: how many.  `end`: how the process
 * ended; NULL: that is looked up, and whether it runs.  `path` is for messages.  NULL: said why
 * not. */
unsigned char *record_file_image(const char *path, const unsigned char *bytes, size_t size,
                                 const struct stat *s, const struct record_end *end, size_t *n);

/* The same of a record that is open for reading; how its process ended is looked up. */
unsigned char *record_file_read(const char *path, int fd, size_t *n);

/* Whether the process runs whose record the file at `path` is; *pid: its number here, 0 if it can't
 * be seen.  Where processes of its namespace
 * can't be seen, anybody else who writes into the file is taken for it, and only the file's owner
 * and root see that. */
bool record_file_runs(const char *path, const struct record_head *head, const struct stat *s,
                      pid_t *pid);

/* Whether a process has that file in its memory: its record, while it runs.  True, too, where it
 * can't be known. */
bool record_file_is_mapped(int pid, const struct stat *s);

#endif
