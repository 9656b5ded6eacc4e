/* The books of the program's mappings: against a table of pages too simple to be wrong, with
 * threads, handlers that interrupt a change, forks, refused memory, a lock that stays taken.
 *
 * Addresses are numbers here: nothing is mapped but the books themselves.  Each test has a process
 * of its own.
 */
#include "apart.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mapped_books.h"
#include "memory_refused.h"

enum { PAGES = 600, SITES = 12, SEGMENT_KIND = 3 };

/* ---- the model ---- */

/* What lies in a page: 0 site: nothing.  `call` tells neighbours of one site apart. */
struct page {
  uint32_t site, call;
  uint64_t offset, segment;
};

struct model {
  uintptr_t base;
  uint64_t random;
  uint32_t arena, calls;
  struct page page[PAGES];
  uint64_t allocs[SITES], bytes[SITES], peak[SITES];
};

static uint64_t draw(struct model *m, uint64_t below) {
  m->random ^= m->random << 13;
  m->random ^= m->random >> 7;
  m->random ^= m->random << 17;
  return m->random % below;
}

static uintptr_t address_of(const struct model *m, unsigned page) {
  return m->base + (uintptr_t)page * PAGE_BYTES;
}

static uint64_t live_of(const struct model *m, uint32_t site) {
  uint64_t bytes = 0;
  for (unsigned i = 0; i < PAGES; i++)
    bytes += m->page[i].site == site ? PAGE_BYTES : 0;
  return bytes;
}

static void model_add(struct model *m, unsigned first, unsigned count, uint32_t site,
                      uint64_t offset, uint64_t segment) {
  m->calls++;
  for (unsigned i = 0; i < count; i++)
    m->page[first + i] = (struct page){site, m->calls, offset + i * (uint64_t)PAGE_BYTES, segment};
  m->allocs[site]++;
  m->bytes[site] += (uint64_t)count * PAGE_BYTES;
  if (live_of(m, site) > m->peak[site])
    m->peak[site] = live_of(m, site);
}

/* ---- one call of each kind, in the books and in the model ---- */

static void add(struct model *m, unsigned first, unsigned count, uint64_t segment) {
  uint32_t site = (uint32_t)draw(m, SITES - 4) + 4;
  uint64_t offset = segment != 0 ? 0 : draw(m, 100) * PAGE_BYTES;
  struct mapped_what what = {.offset = offset, .segment = segment, .kind = 1};
  mapped_add(m->arena, site, address_of(m, first), (size_t)count * PAGE_BYTES, &what);
  model_add(m, first, count, site, offset, segment);
}

/* Parts of all calls: nodes of the tree. */
static uint64_t count_ranges(const struct model *m) {
  uint64_t ranges = 0;
  for (uint32_t i = 0; i < mapped_accounts(); i++) {
    struct mapped_account a;
    mapped_account_read(i, &a);
    ranges += a.arena == m->arena ? a.ranges : 0;
  }
  return ranges;
}

static void take(struct model *m, unsigned first, unsigned count, bool done) {
  struct mapped_taking t;
  uint64_t ranges = count_ranges(m);
  mapped_take(&t, address_of(m, first), address_of(m, first + count));
  for (unsigned i = first; i < first + count; i++) {
    struct mapped_what what;
    bool found = mapped_taken_find(&t, address_of(m, i) + 5, &what);
    require(found == (m->page[i].site != 0));
    require(!found || what.offset == m->page[i].offset + 5);
    require(!mapped_find(address_of(m, i), &what));
  }
  mapped_taken(&t, done);
  require(done || count_ranges(m) == ranges);
  if (done)
    memset(&m->page[first], 0, count * sizeof m->page[0]);
}

static void take_segment(struct model *m, unsigned first) {
  struct mapped_taking t;
  uint64_t segment = 0;
  mapped_take_segment(&t, address_of(m, first));
  mapped_taken(&t, true);
  for (unsigned i = first; i < PAGES; i++) {
    struct page *p = &m->page[i];
    uint64_t away = (i - first) * (uint64_t)PAGE_BYTES;
    if (segment != 0 && away >= segment)
      break;
    if (p->segment == 0 || p->offset != away)
      continue;
    segment = segment != 0 ? segment : p->segment;
    *p = (struct page){0};
  }
}

static void step(struct model *m) {
  unsigned first = (unsigned)draw(m, PAGES), most = PAGES - first;
  unsigned count = 1 + (unsigned)draw(m, draw(m, 4) == 0 ? most : (most < 8 ? most : 8));
  switch (draw(m, 8)) {
  case 0:
  case 1:
  case 2: /* over what is there, as MAP_FIXED, or as a mapping that went unseen */
    add(m, first, count, 0);
    break;
  case 3:
    add(m, first, count, (uint64_t)count * PAGE_BYTES);
    break;
  case 4:
    take_segment(m, first);
    break;
  case 5:
    take(m, first, count, false);
    break;
  default:
    take(m, first, count, true);
  }
}

/* ---- comparing ---- */

static void expect_row(const struct model *m, const struct mapped_row *r) {
  unsigned first = (unsigned)((r->start - m->base) / PAGE_BYTES);
  unsigned end = (unsigned)((r->end - m->base) / PAGE_BYTES);
  require(r->start < r->end && r->start % PAGE_BYTES == 0 && end <= PAGES);
  for (unsigned i = first; i < end; i++) {
    require(m->page[i].site == r->site && m->page[i].call == m->page[first].call);
    require(m->page[i].offset == r->what.offset + (i - first) * (uint64_t)PAGE_BYTES);
    require(m->page[i].segment == r->what.segment);
  }
}

/* Rows of these addresses; all pages of the model are in one, and counts of parts agree. */
static void expect_ranges(const struct model *m) {
  struct mapped_row rows[7];
  uint64_t pages = 0, ranges = 0, counted = 0;
  uintptr_t from = m->base, end = address_of(m, PAGES);
  for (int n; (n = mapped_read(from, rows, 7)) > 0 && from < end;)
    for (int i = 0; i < n && from < end; i++) {
      from = rows[i].end;
      if (rows[i].start >= end)
        break;
      expect_row(m, &rows[i]);
      require(rows[i].arena == m->arena);
      pages += (rows[i].end - rows[i].start) / PAGE_BYTES;
      ranges++;
    }
  for (unsigned i = 0; i < PAGES; i++)
    counted += m->page[i].site != 0;
  require(pages == counted);
  require(ranges == count_ranges(m));
}

static void expect_accounts(const struct model *m) {
  unsigned seen = 0;
  for (uint32_t i = 0; i < mapped_accounts(); i++) {
    struct mapped_account a;
    mapped_account_read(i, &a);
    if (a.arena != m->arena || a.allocs == 0)
      continue;
    seen++;
    require(a.allocs == m->allocs[a.site] && a.bytes == m->bytes[a.site]);
    require(a.live_bytes == live_of(m, a.site) && a.peak_bytes == m->peak[a.site]);
    require(a.at_peak_bytes <= a.peak_bytes);
  }
  for (uint32_t site = 0; site < SITES; site++)
    seen -= m->allocs[site] != 0;
  require(seen == 0);
}

/* The sums of all, when no other model is there. */
static void expect_sums(const struct model *m) {
  struct mapped_totals t;
  uint64_t live = 0, at_peak = 0;
  for (uint32_t site = 0; site < SITES; site++)
    live += site == 0 ? 0 : live_of(m, site);
  for (uint32_t i = 0; i < mapped_accounts(); i++) {
    struct mapped_account a;
    mapped_account_read(i, &a);
    at_peak += a.at_peak_bytes;
  }
  mapped_sum(&t);
  require(t.live_bytes == live && t.peak_bytes == at_peak && t.missed == 0);
}

static void expect_all(const struct model *m) {
  expect_ranges(m);
  expect_accounts(m);
}

/* ---- tests ---- */

static struct model model = {
    .base = UINT64_C(0x7f0000000000), .random = 88172645463325252, .arena = 1};

static unsigned steps_wanted(void) {
  const char *text = getenv("MAPPED_STEPS"); /* 1000000 in a long run */
  return text != NULL ? (unsigned)atoi(text) : 100000;
}

static void as_a_table_of_pages(void) {
  for (unsigned i = 0, steps = steps_wanted(); i < steps; i++) {
    step(&model);
    if (i % 97 == 0) {
      expect_all(&model);
      expect_sums(&model);
    }
  }
  expect_all(&model);
  take(&model, 0, PAGES, true);
  expect_all(&model);
  expect_sums(&model);
}

static void keeps_errno(void) {
  errno = 99;
  for (unsigned i = 0; i < 1000; i++)
    step(&model);
  require(errno == 99);
}

static void a_million_neighbours(void) {
  const struct mapped_what what = {.kind = 1};
  struct mapped_taking t;
  struct mapped_totals sum;
  for (uintptr_t i = 0; i < 1000000; i++)
    mapped_add(1, 5, (i + 1) * PAGE_BYTES, PAGE_BYTES, &what);
  mapped_take(&t, 0, 999991 * (uintptr_t)PAGE_BYTES);
  mapped_taken(&t, true);
  mapped_sum(&sum);
  require(sum.live_bytes == 10 * PAGE_BYTES && sum.missed == 0);
  uint64_t bytes = mapped_books_bytes();
  for (uintptr_t i = 0; i < 900000; i++)
    mapped_add(1, 5, (i + 1) * PAGE_BYTES, PAGE_BYTES, &what);
  require(mapped_books_bytes() == bytes); /* of freed nodes */
}

static void *thread_runs(void *m) {
  for (unsigned i = 0; i < 20000; i++)
    step(m);
  return NULL;
}

static void threads_at_once(void) {
  enum { THREADS = 6 };
  static struct model models[THREADS];
  pthread_t thread[THREADS];
  for (unsigned i = 0; i < THREADS; i++) {
    models[i] = (struct model){.base = (i + 1) * (uintptr_t)PAGES * PAGE_BYTES,
                               .random = 88172645463325252 + i,
                               .arena = i + 1};
    require(pthread_create(&thread[i], NULL, thread_runs, &models[i]) == 0);
  }
  for (unsigned i = 0; i < THREADS; i++)
    pthread_join(thread[i], NULL);
  for (unsigned i = 0; i < THREADS; i++)
    expect_all(&models[i]);
}

/* A handler that makes calls of its own, wherever it interrupts the thread. */
static struct model of_handler = {.base = UINT64_C(0x500000000000), .random = 1234567, .arena = 2};
static volatile unsigned handled;

static void handler(int signal) {
  (void)signal;
  for (unsigned i = 0; i < 3; i++) { /* what a handler notes cannot be looked for, so no take */
    unsigned first = (unsigned)draw(&of_handler, PAGES - 8);
    if (draw(&of_handler, 2) == 0) {
      add(&of_handler, first, 1 + (unsigned)draw(&of_handler, 8), 0);
    } else {
      struct mapped_taking t;
      mapped_take(&t, address_of(&of_handler, first), address_of(&of_handler, first + 8));
      mapped_taken(&t, true);
      memset(&of_handler.page[first], 0, 8 * sizeof of_handler.page[0]);
    }
  }
  handled++;
}

static void handlers_interrupt(void) {
  const struct itimerval every = {{0, 97}, {0, 97}}, never = {{0, 0}, {0, 0}};
  signal(SIGALRM, handler);
  setitimer(ITIMER_REAL, &every, NULL);
  while (handled < 3000)
    step(&model);
  setitimer(ITIMER_REAL, &never, NULL);
  expect_all(&model);
  expect_all(&of_handler);
  struct mapped_totals t;
  mapped_sum(&t);
  require(t.missed == 0);
}

/* The child has the parent's ranges, and counts that begin with them. */
static void forks(void) {
  for (unsigned i = 0; i < 5000; i++)
    step(&model);
  struct mapped_taking unsettled;
  mapped_take(&unsettled, address_of(&model, 0), address_of(&model, 50));
  mapped_fork_prepare();
  pid_t child = fork();
  require(child >= 0);
  if (child != 0) {
    int status = 1;
    mapped_fork_parent();
    mapped_taken(&unsettled, false);
    expect_all(&model);
    require(waitpid(child, &status, 0) == child && status == 0);
    return;
  }
  mapped_fork_child(0);
  mapped_taken(&unsettled, false);
  expect_ranges(&model);
  uint64_t ranges[SITES] = {0};
  for (unsigned i = 0; i < PAGES; i++)
    if (i == 0 || model.page[i].call != model.page[i - 1].call ||
        model.page[i].offset != model.page[i - 1].offset + PAGE_BYTES)
      ranges[model.page[i].site]++;
  for (uint32_t i = 0; i < mapped_accounts(); i++) {
    struct mapped_account a;
    mapped_account_read(i, &a);
    require(a.site == 0 || a.live_bytes == live_of(&model, a.site));
    require(a.allocs <= a.ranges && a.bytes <= a.live_bytes && a.peak_bytes <= a.live_bytes);
  }
  for (unsigned i = 0; i < 1000; i++)
    step(&model);
  expect_ranges(&model);
  _exit(0);
}

/* Without memory some calls are missed, and counted; what was there stays right. */
static void refused(void) {
  const struct mapped_what what = {.kind = 1};
  struct mapped_totals t;
  struct mapped_taking all;
  refuse_memory = true;
  mapped_add(1, 5, PAGE_BYTES, PAGE_BYTES, &what);
  mapped_sum(&t);
  require(t.missed == 1 && t.live_bytes == 0);
  refuse_memory = false;
  for (unsigned i = 0; i < 100; i++)
    step(&model);
  expect_all(&model);
  refuse_memory = true;
  for (unsigned i = 0; i < 3000; i++) /* no neighbours, and then a hole in each */
    mapped_add(2, 6 + i % 50, (i + 1) * (uintptr_t)PAGE_BYTES * 8, 7 * PAGE_BYTES, &what);
  for (unsigned i = 0; i < 3000; i++) {
    mapped_take(&all, (i + 1) * (uintptr_t)PAGE_BYTES * 8 + PAGE_BYTES,
                (i + 1) * (uintptr_t)PAGE_BYTES * 8 + 2 * PAGE_BYTES);
    mapped_taken(&all, true);
  }
  mapped_sum(&t);
  require(t.missed > 2000);
  expect_all(&model);
  refuse_memory = false;
  mapped_take(&all, 0, UINTPTR_MAX);
  mapped_taken(&all, true);
  mapped_sum(&t);
  require(t.live_bytes == 0);
}

/* A thread that holds the lock for ever, because the fork of another kind left it so. */
static void *locks(void *unused) {
  (void)unused;
  mapped_fork_prepare();
  return NULL;
}

static void a_lock_that_stays(void) {
  pthread_t thread;
  struct mapped_totals t;
  struct mapped_row row;
  require(pthread_create(&thread, NULL, locks, NULL) == 0);
  pthread_join(thread, NULL);
  const struct mapped_what what = {.kind = 1};
  for (unsigned i = 1; i <= 1000; i++)
    mapped_add(1, 5, i * (uintptr_t)PAGE_BYTES, PAGE_BYTES, &what);
  mapped_sum(&t);
  require(t.missed == 1000 && mapped_read(0, &row, 1) == -1);
}

APART(as_a_table_of_pages)
APART(keeps_errno)
APART(a_million_neighbours)
APART(threads_at_once)
APART(handlers_interrupt)
APART(forks)
APART(refused)
APART(a_lock_that_stays)

int main(void) {
  test_thread = os_thread_id();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_as_a_table_of_pages),
      cmocka_unit_test(test_keeps_errno),
      cmocka_unit_test(test_a_million_neighbours),
      cmocka_unit_test(test_threads_at_once),
      cmocka_unit_test(test_handlers_interrupt),
      cmocka_unit_test(test_forks),
      cmocka_unit_test(test_refused),
      cmocka_unit_test(test_a_lock_that_stays),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
