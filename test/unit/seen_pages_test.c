/* Bits of pages that were seen, and pages as the kernel has them, against looks at each page. */
#include "apart.h"

#include "page_states.h"
#include "sandbox.h"
#include "seen_pages.h"

#include <sys/mman.h>

enum { PAGES = 3000, SOME = PAGES / 3 };

static uint64_t entries[PAGES], bits[PAGES / 64 + 1], state = 88172645463325252u;
static struct seen_pages seen;

static unsigned next_random(unsigned below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (unsigned)(state >> 20) % below;
}

/* Two ranges with a gap of a page, in pieces; nothing is noted beyond `most` pages. */
#define BASE ((uintptr_t)0x10000000)
static void note(size_t most, unsigned present_of_8) {
  memset(bits, 0, sizeof bits);
  seen = (struct seen_pages){.bits = bits, .most = most};
  for (size_t i = 0; i < PAGES; i++)
    entries[i] = next_random(8) < present_of_8 ? PAGE_PRESENT : PAGE_SWAPPED;
  for (size_t i = 0, n; i < PAGES; i += n) {
    n = 1 + next_random(100);
    n = i < SOME && i + n > SOME ? SOME - i : i + n > PAGES ? PAGES - i : n;
    seen_pages_add(&seen, BASE + (i + (i >= SOME)) * PAGE_BYTES, entries + i, n);
  }
}

static bool slow_sum(size_t most, uintptr_t start, uintptr_t end, uint64_t *resident) {
  *resident = 0;
  for (uintptr_t at = start; at < end;) {
    size_t page = (at - BASE) / PAGE_BYTES;
    uintptr_t next = BASE + (page + 1) * PAGE_BYTES;
    next = next < end ? next : end;
    if (page == SOME || page - (page > SOME) >= most)
      return false;
    *resident += entries[page - (page > SOME)] & PAGE_PRESENT ? next - at : 0;
    at = next;
  }
  return true;
}

static void test_sums(void **unused) {
  (void)unused;
  for (unsigned round = 0; round < 200000; round++) {
    if (round % 1000 == 0)
      note(PAGES, round / 1000 % 9);
    uint64_t is, has;
    uintptr_t start = BASE + next_random((PAGES + 1) * PAGE_BYTES - 1);
    uintptr_t end = start + 1 + next_random(round % 2 == 0 ? 9000 : 300 * PAGE_BYTES);
    if (end > BASE + (PAGES + 1) * PAGE_BYTES)
      end = BASE + (PAGES + 1) * PAGE_BYTES;
    bool known = slow_sum(PAGES, start, end, &has);
    require(seen_pages_sum(&seen, start, end, &is) == known);
    require(!known || is == has);
  }
}

static void test_full(void **unused) {
  (void)unused;
  uint64_t n;
  note(SOME / 2, 8);
  require(seen.count <= SOME / 2 && seen.ranges > 0);
  uintptr_t end = seen.range[0].end;
  require(seen_pages_sum(&seen, BASE, end, &n) && n == end - BASE);
  require(!seen_pages_sum(&seen, BASE, end + 1, &n));
  require(!seen_pages_sum(&seen, BASE - 1, BASE + 1, &n));
}

/* ---- pages as the kernel has them ---- */

static uint64_t room[PAGE_STATES_MOST];

static char *touched(size_t pages) {
  char *p =
      mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  require(p != MAP_FAILED && madvise(p, pages * PAGE_BYTES, MADV_NOHUGEPAGE) == 0);
  for (size_t i = 0; i < pages; i++)
    if (next_random(3) != 0)
      p[i * PAGE_BYTES] = 1;
  return p;
}

static void test_both_sources_agree(void **unused) {
  (void)unused;
  enum { MANY = 20000 };
  struct page_states s;
  uintptr_t at = (uintptr_t)touched(MANY);
  static struct page_bits first[MANY / 16];
  require(page_states_open(&s, room) && s.fd >= 0);
  for (unsigned round = 0; round < 2; round++) {
    s.core_suffices = round == 1;
    s.ahead = at + MANY * (uintptr_t)PAGE_BYTES;
    for (unsigned i = 0; i < MANY / 16; i++) {
      uintptr_t start = at + i * (uintptr_t)(16 * PAGE_BYTES);
      struct page_bits b = page_states_bits(&s, start, start + 16 * PAGE_BYTES);
      require(b.shared == 0 && b.swapped == 0);
      require(round == 0 || b.resident == first[i].resident);
      first[i] = b;
    }
  }
  struct page_sums sums[2] = {{0}};
  uintptr_t lowest[2] = {0};
  s.ahead = 0;
  page_states_sum(&s, at, at + MANY * (uintptr_t)PAGE_BYTES, &sums[0], &lowest[0]);
  page_states_close(&s);
  s.fd = -1; /* as where it cannot be opened */
  page_states_forget(&s);
  page_states_sum(&s, at, at + MANY * (uintptr_t)PAGE_BYTES, &sums[1], &lowest[1]);
  require(sums[0].resident == sums[1].resident && sums[0].anonymous == sums[1].anonymous);
  require(sums[0].shared == 0 && sums[1].shared == sums[1].anonymous && lowest[0] == lowest[1]);
  munmap((void *)at, MANY * (size_t)PAGE_BYTES);
  require(page_states_bits(&s, at, at + 16 * PAGE_BYTES).resident == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sums),
      cmocka_unit_test(test_full),
      cmocka_unit_test(test_both_sources_agree),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
