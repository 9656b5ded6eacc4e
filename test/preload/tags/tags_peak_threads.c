/* The process's peak, and what each site held then, while threads free each other's objects.
 *
 * All requests are made under one lock, which keeps the program's own books: so the peak is known
 * to the byte, although nearly every object is freed by another thread than asked for it.
 *
 * Usage: tags_peak_threads LEAST MOST   (sizes, in bytes) */
#include "../check.h"

#include "../../../shim/arenashim.h"

enum {
  THREADS = 8,
  ROUNDS = 40000,
  SLOTS = 3000,
  CODE = 14 /* bytes: they stand side by side */,
  UNTOLD = 1024 /* of an arena: a fall (arena/account.c) */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t started, finished;
static struct {
  void *p;
  size_t bytes;
  int site;
} slots[SLOTS];
static size_t least, most, live, peak;
static size_t of_site[2];      /* now */
static size_t low[2], high[2]; /* at moments when nearly as much was alive as ever: */
static size_t near_most;       /* from 0.5 % below this on; the peak is no more above it */

static __attribute__((noinline)) void *ask_here(size_t n) {
  void *p = malloc(n);
  __asm__ volatile("" : "+r"(p));
  return p;
}
static __attribute__((noinline)) void *ask_there(size_t n) {
  void *p = malloc(n);
  __asm__ volatile("" : "+r"(p));
  return p;
}

static void count(size_t n, int site, int sign) {
  live += (size_t)sign * n;
  of_site[site] += (size_t)sign * n;
  peak = live > peak ? live : peak;
  if (live > near_most + near_most / 200) {
    near_most = live;
    memcpy(low, of_site, sizeof low);
    memcpy(high, of_site, sizeof high);
  }
  for (int i = 0; i < 2 && live >= near_most - near_most / 200; i++) {
    low[i] = of_site[i] < low[i] ? of_site[i] : low[i];
    high[i] = of_site[i] > high[i] ? of_site[i] : high[i];
  }
}

static void replace(uint64_t r) {
  size_t n = least + (r >> 20) % (most - least + 1), i = (r >> 40) % SLOTS;
  int site = (int)(r & 1);
  void *p = must((site ? ask_here : ask_there)(n));
  count(n, site, 1);
  if (slots[i].p) {
    free(slots[i].p);
    count(slots[i].bytes, slots[i].site, -1);
  }
  slots[i].p = p;
  slots[i].bytes = n;
  slots[i].site = site;
  if ((r >> 8) % 5000 == 0) /* now and then all goes, so that the peak is not at the end */
    for (i = 0; i < SLOTS; i++)
      if (slots[i].p) {
        free(slots[i].p);
        count(slots[i].bytes, slots[i].site, -1);
        slots[i].p = NULL;
      }
}

static void *body(void *argument) {
  uint64_t x = 88172645463325252u + (uintptr_t)argument;
  pthread_barrier_wait(&started);
  pthread_barrier_wait(&started); /* the figures at the start have been read */
  for (int i = 0; i < ROUNDS; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    pthread_mutex_lock(&lock);
    replace(x);
    pthread_mutex_unlock(&lock);
  }
  pthread_barrier_wait(&finished);
  pthread_barrier_wait(&finished); /* no heap is handed over while sites are looked at */
  return NULL;
}

static uint64_t told[2], told_in_all;
/* Which of the two asked: the nearer below, and near. */
static int asker(const char *ra) {
  const char *here = (const char *)ask_here, *there = (const char *)ask_there;
  size_t from_here = (size_t)(ra - here), from_there = (size_t)(ra - there);
  size_t nearer = from_here < from_there ? from_here : from_there;
  return nearer >= 64 ? -1 : nearer == from_here;
}

static void visit(const struct arenashim_site *s, void *argument) {
  (void)argument;
  told_in_all += s->at_peak_bytes;
  int i = s->frames > 0 ? asker(s->path[0]) : -1;
  if (i >= 0)
    told[i] += s->at_peak_bytes;
}

static void compare(const char *what, size_t expected, size_t found, size_t allowed) {
  SAY("%s: %zu expected, %zu told\n", what, expected, found);
  CHECK(found + allowed >= expected && found <= expected + allowed,
        "%s: %zu +- %zu expected, found %zu", what, expected, allowed, found);
}

int main(int argc, char **argv) {
  least = (size_t)arg_long(argc, argv, 1, 0), most = (size_t)arg_long(argc, argv, 2, 499);
  CHECK(arenashim_sites, "the shim is not there");
  pthread_t thread[THREADS];
  pthread_barrier_init(&started, NULL, THREADS + 1);
  pthread_barrier_init(&finished, NULL, THREADS + 1);
  for (uintptr_t i = 0; i < THREADS; i++)
    pthread_create(&thread[i], NULL, body, (void *)(i * 7919));
  pthread_barrier_wait(&started);
  struct arenashim_totals t = {.size = sizeof t};
  arenashim_totals(&t);
  size_t base = t.live_bytes;
  pthread_barrier_wait(&started);
  pthread_barrier_wait(&finished);
  arenashim_totals(&t);
  arenashim_sites(visit, NULL);
  size_t real = base + peak, allowed = real / 1000 + THREADS * UNTOLD;
  compare("the process's peak", real, t.peak_bytes, allowed);
  compare("all sites then", t.peak_bytes, told_in_all, allowed);
  for (int i = 0; i < 2; i++)
    CHECK(told[i] + allowed >= low[i] && told[i] <= high[i] + allowed,
          "site %d: %zu..%zu held then, told %zu", i, low[i], high[i], (size_t)told[i]);
  pthread_barrier_wait(&finished);
  for (int i = 0; i < THREADS; i++)
    pthread_join(thread[i], NULL);
  return 0;
}
