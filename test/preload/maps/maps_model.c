/* Random calls of mmap and its family, with books of its own, a page an entry: what the shim's books
 * must be equal to.
 *
 *   maps_model STEPS THREADS SIGNALS      a handler maps and unmaps meanwhile, if SIGNALS is 1
 *
 * Writes dumps, at many moments if there is one thread, and what they should say to stdout: "dump
 * NAME", a line for each mapped page, "page ADDRESS SITE CALL OFFSET", and one for each place that
 * calls, "site SITE CALLS BYTES".  maps_model.py compares.  A call that fails changes nothing here. */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <sys/time.h>

enum { PAGE = 4096, WINDOW = 256, PLACES = 12, THREADS_MAX = 8, HANDLER_PLACE = PLACES };

struct page {
  int place; /* + 1; 0: not mapped */
  unsigned call;
  uint64_t offset;
  int segment; /* pages */
};

/* What one thread maps, in addresses that are its own. */
static struct work {
  char *base;
  uint64_t random;
  unsigned calls;
  struct page page[WINDOW];
  uint64_t allocs[PLACES + 1], bytes[PLACES + 1];
} works[THREADS_MAX + 1];

static int file = -1;
static unsigned steps, moments;

/* ---- the places that call: a return address each ---- */

/* clang-format off */
#define MAP_PLACE(n)                                                                                    \
  __attribute__((noinline)) static void *map_##n(void *a, size_t b, int p, int f, int fd, off_t o) {    \
    void *r = mmap(a, b, p, f, fd, o); __asm__ volatile("" ::: "memory"); return r; }
#define PLACE(n) MAP_PLACE(n)                                                                           \
  __attribute__((noinline)) static void *move_##n(void *a, size_t o, size_t b, int f, void *to) {       \
    void *r = mremap(a, o, b, f, to); __asm__ volatile("" ::: "memory"); return r; }                    \
  __attribute__((noinline)) static void *attach_##n(int id, void *a, int f) {                           \
    void *r = shmat(id, a, f); __asm__ volatile("" ::: "memory"); return r; }
PLACE(0) PLACE(1) PLACE(2) PLACE(3) MAP_PLACE(4)
static void *(*const maps[])(void *, size_t, int, int, int, off_t) = {map_0, map_1, map_2, map_3, map_4};
static void *(*const moves[])(void *, size_t, size_t, int, void *) = {move_0, move_1, move_2, move_3};
static void *(*const attaches[])(int, void *, int) = {attach_0, attach_1, attach_2, attach_3};
/* clang-format on */
enum { OF_MAP = 0, OF_MOVE = 4, OF_ATTACH = 8 };

/* ---- the books ---- */

static unsigned page_of(const struct work *w, const void *at) {
  return (unsigned)(((const char *)at - w->base) / PAGE);
}

static void add(struct work *w, const void *at, unsigned pages, int place, uint64_t offset,
                int segment) {
  w->calls++;
  w->allocs[place]++;
  w->bytes[place] += (uint64_t)pages * PAGE;
  for (unsigned i = 0; i < pages; i++)
    w->page[page_of(w, at) + i] = (struct page){.place = place + 1,
                                                .call = w->calls,
                                                .offset = offset + i * (uint64_t)PAGE,
                                                .segment = segment};
}

static void take(struct work *w, const void *at, unsigned pages) {
  for (unsigned i = 0; i < pages; i++)
    w->page[page_of(w, at) + i] = (struct page){0};
}

/* ---- the calls ---- */

static void map_anonymous(struct work *w, char *at, unsigned pages) {
  unsigned place = (unsigned)rng_below(&w->random, 4);
  size_t bytes = pages * (size_t)PAGE - rng_below(&w->random, 2) * 100;
  if (maps[place](at, bytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1,
                  0) == at)
    add(w, at, pages, OF_MAP + (int)place, 0, 0);
}

static void map_file(struct work *w, char *at, unsigned pages) {
  unsigned place = (unsigned)rng_below(&w->random, 4);
  off_t offset = (off_t)rng_below(&w->random, 100) * PAGE;
  if (maps[place](at, pages * (size_t)PAGE, PROT_READ, MAP_FIXED | MAP_SHARED, file, offset) == at)
    add(w, at, pages, OF_MAP + (int)place, (uint64_t)offset, 0);
}

/* Fails where something lies; gives the address where nothing does. */
static void map_over_nothing(struct work *w, char *at, unsigned pages) {
  unsigned place = (unsigned)rng_below(&w->random, 4);
  if (maps[place](at, pages * (size_t)PAGE, PROT_READ,
                  MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == at)
    add(w, at, pages, OF_MAP + (int)place, 0, 0);
}

static void unmap(struct work *w, char *at, unsigned pages) {
  if (munmap(at, pages * (size_t)PAGE - rng_below(&w->random, 2)) == 0)
    take(w, at, pages);
}

static void calls_that_fail(struct work *w, char *at, unsigned pages) {
  size_t bytes = pages * (size_t)PAGE;
  CHECK(munmap(at + 1, bytes) == -1 && munmap(at, 0) == -1 && munmap(at, (size_t)-1) == -1,
        "munmap of half a page, of nothing, of too much");
  CHECK(mmap(at, 0, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED,
        "mmap of nothing");
  CHECK(mmap(at, bytes, PROT_READ, MAP_FIXED | MAP_PRIVATE, 9999, 0) == MAP_FAILED,
        "mmap of no file");
  CHECK(mremap(at + 1, bytes, bytes, 0) == MAP_FAILED, "mremap of half a page");
  CHECK(mremap(at, bytes, bytes, MREMAP_FIXED, w->base) == MAP_FAILED, "mremap that may not move");
  CHECK(shmdt(at + 1) == -1 && shmat(-1, at, 0) == (void *)-1, "no segment");
}

/* mremap works on the pages of one call that lie side by side. */
static void move(struct work *w, char *at, unsigned pages) {
  unsigned first = page_of(w, at), same = 1, place = (unsigned)rng_below(&w->random, 4);
  struct page p = w->page[first];
  while (first + same < WINDOW && same < pages && w->page[first + same].call == p.call &&
         w->page[first + same].offset == p.offset + same * (uint64_t)PAGE)
    same++;
  unsigned want = 1 + (unsigned)rng_below(&w->random, 12);
  unsigned to = (unsigned)rng_below(&w->random, WINDOW - want);
  bool fixed = first + want > WINDOW || rng_below(&w->random, 2);
  bool keep = fixed && want == same && rng_below(&w->random, 3) == 0;
  if (p.place == 0 || p.segment != 0)
    return;
  char *target = w->base + to * (size_t)PAGE;
  int flags = (fixed ? MREMAP_MAYMOVE | MREMAP_FIXED : 0) | (keep ? MREMAP_DONTUNMAP : 0);
  void *got = moves[place](at, same * (size_t)PAGE, want * (size_t)PAGE, flags, target);
  if (got == MAP_FAILED)
    return;
  if (!keep)
    take(w, at, same);
  add(w, got, want, OF_MOVE + (int)place, p.offset, 0);
}

static void attach(struct work *w, char *at, unsigned pages) {
  unsigned place = (unsigned)rng_below(&w->random, 4);
  int id = shmget(IPC_PRIVATE, pages * (size_t)PAGE - 10, 0600);
  if (id < 0)
    return;
  if (attaches[place](id, at, SHM_REMAP) == at)
    add(w, at, pages, OF_ATTACH + (int)place, 0, (int)pages);
  shmctl(id, IPC_RMID, NULL);
}

/* The kernel takes what lies of the segment where it was attached. */
static void detach(struct work *w, char *at) {
  unsigned first = page_of(w, at);
  int segment = 0;
  if (shmdt(at) != 0)
    return;
  for (unsigned i = first; i < WINDOW && (segment == 0 || i < first + (unsigned)segment); i++) {
    struct page *p = &w->page[i];
    if (p->segment == 0 || p->offset != (i - first) * (uint64_t)PAGE)
      continue;
    segment = segment != 0 ? segment : p->segment;
    *p = (struct page){0};
  }
}

static void step(struct work *w) {
  unsigned first = (unsigned)rng_below(&w->random, WINDOW), most = WINDOW - first;
  unsigned pages = 1 + (unsigned)rng_below(&w->random, most < 12 ? most : 12);
  char *at = w->base + first * (size_t)PAGE;
  switch (rng_below(&w->random, 12)) {
  case 0:
  case 1:
  case 2:
    map_anonymous(w, at, pages);
    break;
  case 3:
    map_file(w, at, pages);
    break;
  case 4:
    map_over_nothing(w, at, pages);
    break;
  case 5:
    attach(w, at, pages);
    break;
  case 6:
    detach(w, at);
    break;
  case 7:
  case 8:
    move(w, at, pages);
    break;
  case 9:
    calls_that_fail(w, at, pages);
    break;
  default:
    unmap(w, at, pages);
  }
}

static void say_all(unsigned moment);

/* ---- threads and the handler ---- */

/* At its end a thread has no arena any more, and what a handler then maps has no call site. */
static void *run(void *work) {
  sigset_t alarm_alone;
  for (unsigned i = 0; i < steps; i++) {
    step(work);
    if (moments > 1 && i % (steps / moments) == 0)
      say_all(i / (steps / moments));
  }
  sigemptyset(&alarm_alone);
  sigaddset(&alarm_alone, SIGALRM);
  pthread_sigmask(SIG_BLOCK, &alarm_alone, NULL);
  return NULL;
}

static struct work *const of_handler = &works[THREADS_MAX];

/* One thread at a time: the timer's signal goes to any. */
static void handler(int number) {
  static atomic_flag busy = ATOMIC_FLAG_INIT;
  (void)number;
  if (atomic_flag_test_and_set(&busy))
    return;
  int saved = errno;
  unsigned first = (unsigned)rng_below(&of_handler->random, WINDOW - 4);
  char *at = of_handler->base + first * (size_t)PAGE;
  if (rng_below(&of_handler->random, 2) == 0) {
    if (maps[4](at, 4 * PAGE, PROT_READ, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == at)
      add(of_handler, at, 4, HANDLER_PLACE, 0, 0);
  } else if (munmap(at, 4 * PAGE) == 0) {
    take(of_handler, at, 4);
  }
  errno = saved;
  atomic_flag_clear(&busy);
}

/* ---- the end ---- */

/* Of one moment: the dump, then what it should say. */
static void say_all(unsigned moment) {
  char name[32];
  snprintf(name, sizeof name, "model.%02u.dump", moment);
  CHECK(arenashim_dump(name) == 0, "no dump");
  printf("dump %s\n", name);
  for (struct work *w = works; w < works + THREADS_MAX + 1; w++)
    for (unsigned i = 0; w->base != NULL && i < WINDOW; i++)
      if (w->page[i].place != 0)
        printf("page %lx %d %lu %lu\n", (unsigned long)(w->base + i * (size_t)PAGE),
               w->page[i].place, (unsigned long)((w - works) * 100000000UL + w->page[i].call),
               (unsigned long)w->page[i].offset);
  for (int place = 0; place <= PLACES; place++) {
    unsigned long allocs = 0, bytes = 0;
    for (struct work *w = works; w < works + THREADS_MAX + 1; w++) {
      allocs += w->allocs[place];
      bytes += w->bytes[place];
    }
    if (allocs != 0)
      printf("site %d %lu %lu\n", place + 1, allocs, bytes);
  }
}

/* Far below where the kernel puts what may lie anywhere: nothing else gets into its holes. */
static void begin(struct work *w, unsigned number) {
  uintptr_t at = 0x100000000000 + number * (uintptr_t)0x40000000;
  w->base =
      (char *)syscall(SYS_mmap, at, WINDOW * (size_t)PAGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(w->base == (char *)at, "no addresses");
  w->random = 1000003 * (uint64_t)number + 17;
}

int main(int argc, char **argv) {
  CHECK(argc == 4, "usage: maps_model STEPS THREADS SIGNALS");
  steps = (unsigned)atoi(argv[1]);
  unsigned threads = (unsigned)atoi(argv[2]);
  moments = threads == 1 && atoi(argv[3]) == 0 ? 40 : 1;
  const struct itimerval every = {{0, 199}, {0, 199}}, never = {{0, 0}, {0, 0}};
  file = open("model.file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  CHECK(file >= 0 && ftruncate(file, 400 * PAGE) == 0, "no file");
  for (unsigned i = 0; i <= THREADS_MAX; i++)
    if (i < threads || i == THREADS_MAX)
      begin(&works[i], i + 1);
  if (atoi(argv[3]) != 0) {
    signal(SIGALRM, handler);
    setitimer(ITIMER_REAL, &every, NULL);
  }
  pthread_t thread[THREADS_MAX];
  for (unsigned i = 1; i < threads; i++)
    CHECK(pthread_create(&thread[i], NULL, run, &works[i]) == 0, "no thread");
  run(&works[0]);
  for (unsigned i = 1; i < threads; i++)
    pthread_join(thread[i], NULL);
  setitimer(ITIMER_REAL, &never, NULL);
  say_all(99);
  return 7;
}
