/* Keeps a bit for each page; contract in seen_pages.h. */
#include "seen_pages.h"
#include "page_states.h"

static struct seen_range *range_to_grow(struct seen_pages *s, uintptr_t at) {
  struct seen_range *last = s->ranges > 0 ? &s->range[s->ranges - 1] : NULL;
  if (last != NULL && last->end == at)
    return last;
  if (s->ranges == SEEN_RANGES_MOST || (last != NULL && at < last->end))
    return NULL;
  s->range[s->ranges] = (struct seen_range){at, at, s->count, 0};
  return &s->range[s->ranges++];
}

void seen_pages_add(struct seen_pages *s, uintptr_t at, const uint64_t *entries, size_t n) {
  struct seen_range *r = s->count + n <= s->most ? range_to_grow(s, at) : NULL;
  if (r == NULL)
    return;
  for (size_t i = 0; i < n; i++) {
    uint64_t present = entries[i] >> 63;
    s->bits[(s->count + i) / 64] |= present << (s->count + i) % 64;
    r->present += present;
  }
  s->count += n;
  r->end += n * PAGE_BYTES;
}
static_assert(PAGE_PRESENT == UINT64_C(1) << 63, "as shifted");

/* The range that holds `at`; NULL: none does.  Objects come in no order, so the search has no
 * branch that depends on one. */
static const struct seen_range *find(const struct seen_pages *s, uintptr_t at) {
  const struct seen_range *r = s->range;
  for (unsigned n = s->ranges, half; n > 1; n -= half) {
    half = n / 2;
    r += r[half].start <= at ? half : 0;
  }
  return s->ranges != 0 && at - r->start < r->end - r->start ? r : NULL;
}

static bool has(const struct seen_pages *s, size_t bit) {
  return s->bits[bit / 64] >> bit % 64 & 1;
}

/* Bits from..to-1, to > from. */
static size_t count_bits(const struct seen_pages *s, size_t from, size_t to) {
  size_t word = from / 64, last = (to - 1) / 64, sum = 0;
  uint64_t bits = s->bits[word] & ~UINT64_C(0) << from % 64;
  for (; word < last; bits = s->bits[++word])
    sum += (size_t)__builtin_popcountll(bits);
  return sum + (size_t)__builtin_popcountll(bits & ~UINT64_C(0) >> (63 - (to - 1) % 64));
}

/* Bytes of the first page that lie before `start`, and of the last that lie behind `end`. */
static uint64_t cut(const struct seen_pages *s, size_t first, size_t last, uintptr_t start,
                    uintptr_t end) {
  uint64_t before = start % PAGE_BYTES, after = -end % PAGE_BYTES;
  return (has(s, first) ? before : 0) + (has(s, last) ? after : 0);
}

bool seen_pages_sum(const struct seen_pages *s, uintptr_t start, uintptr_t end,
                    uint64_t *resident) {
  const struct seen_range *r = find(s, start);
  if (r == NULL || end > r->end)
    return false;
  *resident = end - start;
  if (r->present == (r->end - r->start) / PAGE_BYTES)
    return true;
  size_t first = r->first + (start - r->start) / PAGE_BYTES;
  size_t last = r->first + (end - 1 - r->start) / PAGE_BYTES;
  size_t pages = last - first < 2 ? has(s, first) + (size_t)(last != first && has(s, last))
                                  : count_bits(s, first, last + 1);
  *resident = pages * PAGE_BYTES - cut(s, first, last, start, end);
  return true;
}
