/* The kernel's list of this process's mappings, /proc/self/maps, a line at a time; or smaps, with
 * sums of each.
 *
 * System calls only, in memory of the caller's; errno is kept, and no descriptor is open between
 * open and close but this one, which closes by exec.  Signal handlers too.  Mappings may come and
 * go meanwhile: each line is right at the moment it is read, and addresses grow.
 */
#ifndef SHIM_MAP_LINES_H
#define SHIM_MAP_LINES_H

#include "base.h"

/* The longest line: its numbers and a path. */
enum { MAP_LINES_BYTES = 16 << 10 };

struct map_line {
  uintptr_t start, end;
  bool readable, writable, executable, shared;
  const char *path; /* or "[heap]", ...; "": none.  Valid until the next line */
  uint64_t resident, anonymous, swapped; /* bytes, if asked for */
};

struct map_lines {
  int fd;
  bool sums;
  uint64_t offset;    /* of the file: what comes after the buffer's bytes */
  char *buffer;       /* MAP_LINES_BYTES of the caller's */
  size_t next, bytes; /* of the buffer: where the next line begins, and where its bytes end */
};

/* `sums`: with those of each mapping, for which the kernel looks at each of its pages.  False if
 * /proc cannot be read: then nothing is to be closed. */
hidden bool map_lines_open(struct map_lines *m, char *buffer, bool sums);
hidden bool map_lines_next(struct map_lines *m, struct map_line *line);
hidden void map_lines_close(struct map_lines *m);

#endif
