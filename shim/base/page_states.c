/* Reads /proc/self/pagemap; contract in page_states.h. */
#include "page_states.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

bool page_states_open(struct page_states *s, uint64_t *entries) {
  int saved = errno;
  *s = (struct page_states){.entry = entries};
  s->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  errno = saved;
  return s->fd >= 0;
}

void page_states_close(struct page_states *s) {
  int saved = errno;
  close(s->fd);
  errno = saved;
}

static void read_window(struct page_states *s, size_t first, size_t count) {
  int saved = errno;
  size_t bytes = count * sizeof *s->entry;
  ssize_t n = pread(s->fd, s->entry, bytes, (off_t)(first * sizeof *s->entry));
  size_t got = n > 0 ? (size_t)n : 0;
  memset((char *)s->entry + got, 0, bytes - got);
  s->first = first;
  s->count = count;
  errno = saved;
}

const uint64_t *page_states_at(struct page_states *s, uintptr_t at, uintptr_t end, size_t *n) {
  size_t page = at / PAGE_BYTES, want = (end - at + PAGE_BYTES - 1) / PAGE_BYTES;
  if (page - s->first >= s->count) {
    size_t more = s->ahead > end ? (s->ahead - at) / PAGE_BYTES : want;
    read_window(s, page, more < PAGE_STATES_MOST ? more : PAGE_STATES_MOST);
  }
  *n = s->first + s->count - page;
  if (*n > want)
    *n = want;
  return s->entry + (page - s->first);
}

static void add(uint64_t e, struct page_sums *sums) {
  sums->resident += e & PAGE_PRESENT ? PAGE_BYTES : 0;
  sums->swapped += e & PAGE_PRESENT ? 0 : PAGE_BYTES;
  if ((e & (PAGE_PRESENT | PAGE_OF_FILE)) != PAGE_PRESENT)
    return;
  sums->anonymous += PAGE_BYTES;
  sums->shared += e & PAGE_ALONE ? 0 : PAGE_BYTES;
}

void page_states_sum(struct page_states *s, uintptr_t start, uintptr_t end, struct page_sums *sums,
                     uintptr_t *lowest) {
  for (uintptr_t at = start; at < end;) {
    size_t n;
    const uint64_t *e = page_states_at(s, at, end, &n);
    for (size_t i = 0; i < n; i++) {
      if (!page_is_used(e[i]))
        continue;
      if (*lowest == 0)
        *lowest = at + i * PAGE_BYTES;
      add(e[i], sums);
    }
    at += n * PAGE_BYTES;
  }
}
