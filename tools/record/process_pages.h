/* The mappings of another process, and which of its pages are in memory: /proc/PID/maps and
 * pagemap. */
#ifndef TOOLS_PROCESS_PAGES_H
#define TOOLS_PROCESS_PAGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum { PROCESS_PAGE = 4096 };

/* Of an entry: as the kernel's documentation of pagemap has them. */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)
#define PAGE_OF_FILE (UINT64_C(1) << 61)
#define PAGE_ALONE   (UINT64_C(1) << 56)

struct process_mapping {
  uint64_t start, end;
  bool readable, writable, executable, shared;
  char path[256]; /* "": none; longer ones are cut */
};

struct process_pages {
  FILE *maps;
  int pagemap;
  char *line;
  size_t room;
  uint64_t *entry; /* a window of the pagemap */
  uint64_t first, count;
  uint64_t ahead; /* up to here a window may go, although less is asked for at a time; or 0 */
};

/* False if one of the two cannot be read: then nothing is to be closed. */
bool process_pages_open(struct process_pages *p, pid_t pid);
void process_pages_close(struct process_pages *p);

/* The next mapping, by rising address; false: there are no more. */
bool process_pages_next(struct process_pages *p, struct process_mapping *m);

/* The entries of the pages from the one that holds `at`, *n of them, at most up to `end`; 0 where
 * the kernel has none. */
const uint64_t *process_pages_at(struct process_pages *p, uint64_t at, uint64_t end, size_t *n);

#endif
