/* Reads /proc; contract in process_pages.h. */
#include "process_pages.h"
#include "say.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WINDOW = 1 << 16 }; /* pages */

bool process_pages_open(struct process_pages *p, pid_t pid) {
  char path[64];
  *p = (struct process_pages){.pagemap = -1};
  snprintf(path, sizeof path, "/proc/%d/pagemap", (int)pid);
  p->pagemap = open(path, O_RDONLY | O_CLOEXEC);
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  p->maps = p->pagemap >= 0 ? fopen(path, "re") : NULL;
  if (p->maps == NULL && p->pagemap >= 0)
    close(p->pagemap);
  if (p->maps == NULL)
    return false;
  p->entry = must_zalloc(WINDOW, sizeof *p->entry);
  return true;
}

void process_pages_close(struct process_pages *p) {
  fclose(p->maps);
  close(p->pagemap);
  free(p->line);
  free(p->entry);
}

bool process_pages_next(struct process_pages *p, struct process_mapping *m) {
  while (getline(&p->line, &p->room, p->maps) > 0) {
    unsigned long long start, end;
    char access[5] = "";
    m->path[0] = '\0';
    if (sscanf(p->line, "%llx-%llx %4s %*s %*s %*s %255[^\n]", &start, &end, access, m->path) < 3)
      continue;
    m->start = start;
    m->end = end;
    m->readable = access[0] == 'r';
    m->writable = access[1] == 'w';
    m->executable = access[2] == 'x';
    m->shared = access[3] == 's';
    return true;
  }
  return false;
}

static void read_window(struct process_pages *p, uint64_t first, uint64_t count) {
  size_t bytes = count * sizeof *p->entry;
  ssize_t n = pread(p->pagemap, p->entry, bytes, (off_t)(first * sizeof *p->entry));
  size_t got = n > 0 ? (size_t)n : 0;
  memset((char *)p->entry + got, 0, bytes - got);
  p->first = first;
  p->count = count;
}

const uint64_t *process_pages_at(struct process_pages *p, uint64_t at, uint64_t end, size_t *n) {
  uint64_t page = at / PROCESS_PAGE, want = (end - at + PROCESS_PAGE - 1) / PROCESS_PAGE;
  if (page - p->first >= p->count) {
    uint64_t more = p->ahead > end ? (p->ahead - at) / PROCESS_PAGE : want;
    read_window(p, page, more < WINDOW ? more : WINDOW);
  }
  *n = p->first + p->count - page;
  if (*n > want)
    *n = want;
  return p->entry + (page - p->first);
}
