/* Reads pagemap, or asks mincore; contract in page_states.h. */
#include "page_states.h"
#include "own_calls.h"
#include "sandbox.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool page_states_open(struct page_states *s, uint64_t *entries) {
  int saved = errno;
  *s = (struct page_states){.entry = entries};
  s->fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  errno = saved;
  return s->fd >= 0 || !sandbox_forbids_mincore();
}

void page_states_close(struct page_states *s) {
  int saved = errno;
  if (s->fd >= 0)
    close(s->fd);
  errno = saved;
}

/* ---- windows ---- */

/* A byte for each page, the lowest bit of it set if the page is in memory; all are 0 if some page
 * is not mapped. */
static void ask_core(unsigned char *to, size_t first, size_t count) {
  int saved = errno;
  if (own_call(SYS_mincore, first * PAGE_BYTES, count * PAGE_BYTES, to) != 0)
    memset(to, 0, count);
  errno = saved;
}

static void read_entries(uint64_t *to, int fd, size_t first, size_t count) {
  int saved = errno;
  size_t bytes = count * sizeof *to;
  ssize_t n = pread(fd, to, bytes, (off_t)(first * sizeof *to));
  size_t got = n > 0 ? (size_t)n : 0;
  memset((char *)to + got, 0, bytes - got);
  errno = saved;
}

/* The bytes are put where the last entries will be, so that the first can be written. */
static void entries_of_core(uint64_t *to, size_t first, size_t count) {
  unsigned char *core = (unsigned char *)(to + count) - count;
  ask_core(core, first, count);
  for (size_t i = 0; i < count; i++)
    to[i] = core[i] & 1 ? PAGE_PRESENT : 0;
}

static void read_window(struct page_states *s, bool core, size_t first, size_t count) {
  if (core)
    ask_core((unsigned char *)s->entry, first, count);
  else if (s->fd >= 0)
    read_entries(s->entry, s->fd, first, count);
  else
    entries_of_core(s->entry, first, count);
  s->is_core = core;
  s->first = first;
  s->count = count;
}

/* Has the window hold the page of `at`; returns how many pages of it follow, up to `end`. */
static size_t look(struct page_states *s, bool core, uintptr_t at, uintptr_t end) {
  size_t page = at / PAGE_BYTES, want = (end - at + PAGE_BYTES - 1) / PAGE_BYTES;
  size_t most = core ? PAGE_STATES_MOST * sizeof *s->entry : PAGE_STATES_MOST;
  if (page - s->first >= s->count || s->is_core != core) {
    size_t more = s->ahead > end ? (s->ahead - at) / PAGE_BYTES : want;
    read_window(s, core, page, more < most ? more : most);
  }
  size_t n = s->first + s->count - page;
  return n < want ? n : want;
}

const uint64_t *page_states_at(struct page_states *s, uintptr_t at, uintptr_t end, size_t *n) {
  *n = look(s, false, at, end);
  return s->entry + (at / PAGE_BYTES - s->first);
}

/* ---- a few pages ---- */

static void take_entry(struct page_bits *b, size_t i, uint64_t e) {
  bool present = e & PAGE_PRESENT;
  b->resident |= (uint32_t)present << i;
  b->swapped |= (uint32_t)(!present && (e & PAGE_SWAPPED)) << i;
  b->shared |= (uint32_t)(present && !(e & PAGE_ALONE)) << i;
}

struct page_bits page_states_bits(struct page_states *s, uintptr_t start, uintptr_t end) {
  bool core = s->core_suffices || s->fd < 0;
  struct page_bits b = {0};
  for (size_t i = 0, n; i < (end - start) / PAGE_BYTES; i += n) {
    n = look(s, core, start + i * PAGE_BYTES, end);
    const uint64_t *e = s->entry + (start / PAGE_BYTES + i - s->first);
    const unsigned char *c = (unsigned char *)s->entry + (start / PAGE_BYTES + i - s->first);
    for (size_t k = 0; k < n; k++)
      if (core)
        b.resident |= (uint32_t)(c[k] & 1) << (i + k);
      else
        take_entry(&b, i + k, e[k]);
  }
  return b;
}

/* ---- many ---- */

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
    if (s->seen != NULL)
      seen_pages_add(s->seen, at, e, n);
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
