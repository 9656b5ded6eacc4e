/* Copies what was touched; contract in process_memory.h. */
#include "process_memory.h"
#include "../../shim/mapping_kind.h"
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

static void add(struct process_memory *m, const struct process_mapping *map, size_t *room) {
  if (m->count == *room)
    m->anonymous = must_resize(m->anonymous, *room = 2 * *room + 64, sizeof *m->anonymous);
  m->anonymous[m->count++] = (struct process_range){map->start, map->end};
}

void process_memory_open(struct process_memory *m, pid_t pid) {
  struct process_mapping map;
  size_t room = 0;
  *m = (struct process_memory){.pid = pid};
  m->open = process_pages_open(&m->pages, pid);
  while (m->open && process_pages_next(&m->pages, &map))
    if (mapping_is_anonymous(map.path, map.shared))
      add(m, &map, &room);
}

void process_memory_close(struct process_memory *m) {
  if (m->open)
    process_pages_close(&m->pages);
  free(m->anonymous);
}

/* Is `at` in anonymous memory?  *until is lowered to where that changes. */
static bool is_anonymous(const struct process_memory *m, uint64_t at, uint64_t *until) {
  size_t low = 0, high = m->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (m->anonymous[middle].end <= at)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == m->count)
    return false;
  const struct process_range *r = &m->anonymous[low];
  uint64_t change = r->start > at ? r->start : r->end;
  *until = change < *until ? change : *until;
  return r->start <= at;
}

static bool is_untouched(uint64_t entry) { return !(entry & (PAGE_PRESENT | PAGE_SWAPPED)); }

uint64_t process_memory_run(struct process_memory *m, uint64_t at, uint64_t end, bool *untouched) {
  uint64_t until = end;
  size_t n, i = 0;
  *untouched = false;
  if (!is_anonymous(m, at, &until))
    return until - at;
  const uint64_t *e = process_pages_at(&m->pages, at, until, &n);
  *untouched = is_untouched(e[0]);
  while (i < n && is_untouched(e[i]) == *untouched)
    i++;
  uint64_t change = (at / PROCESS_PAGE + i) * PROCESS_PAGE;
  return (change < until ? change : until) - at;
}

static bool copy(pid_t pid, uint64_t address, void *to, size_t bytes) {
  struct iovec local = {to, bytes}, remote = {(void *)(uintptr_t)address, bytes};
  ssize_t n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  if (n >= 0 && (size_t)n < bytes)
    errno = EFAULT;
  return n == (ssize_t)bytes;
}

/* Which pages were touched is asked again each time, because the process goes on meanwhile. */
bool process_memory_read(struct process_memory *m, uint64_t address, void *to, size_t bytes) {
  if (!m->open)
    return copy(m->pid, address, to, bytes);
  m->pages.count = 0;
  for (uint64_t at = address, end = address + bytes, n; at < end; at += n) {
    bool untouched;
    char *here = (char *)to + (at - address);
    n = process_memory_run(m, at, end, &untouched);
    if (untouched)
      memset(here, 0, n);
    else if (!copy(m->pid, at, here, n))
      return false;
  }
  return true;
}
