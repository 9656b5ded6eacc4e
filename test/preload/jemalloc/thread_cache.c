/* Objects of 512..4096 bytes, which a thread keeps for its next requests
 * (shim/jemalloc/thread_cache.h).
 *
 *   thread_cache classes          the sizes are jemalloc's own classes
 *   thread_cache apart [COUNT]    what is handed out has its size's own class, whatever its page
 * held thread_cache zeroes           calloc's are 0, and malloc's if MALLOC_CONF says zero:true
 *   thread_cache twice            frees one twice: prints it, then must die
 *   thread_cache batch            jemalloc's entry for many objects in one call is not there
 *   thread_cache given trim|end|kept   malloc_trim, or the thread's end, gives them back; else they
 * stay
 *   thread_cache longer           lists that were too short hold more, until they are given back
 *   thread_cache bounded          those of many threads together hold more only up to a limit
 */
#include "je.h"

#include <malloc.h>
#include <stdatomic.h>

enum { LEAST = 512, MOST = 4096, SLOTS = 3000, THREADS = 4 };

static void classes(void) {
  size_t previous = 0, count = 0;
  for (size_t n = LEAST; n <= MOST; n++) {
    void *p = must(malloc(n)), *q = must(malloc(n));
    free(p);
    size_t usable = malloc_usable_size(q);
    CHECK(usable == nallocx(n, 0), "%zu bytes: %zu expected, found %zu", n, nallocx(n, 0), usable);
    count += usable != previous;
    previous = usable;
    void *again = must(malloc(n));
    CHECK(again == p, "%zu bytes: the object just freed expected", n);
    free(again);
    free(q);
  }
  CHECK(count == 13, "13 classes expected, found %zu", count);
}

/* ---- apart: threads replace objects of each other's, by all calls ---- */

static struct slot { _Atomic(unsigned char *) p; } slots[SLOTS];
static long rounds;

struct stamp {
  size_t n, plain; /* as asked; whether by malloc alone */
};

static unsigned char *make(uint64_t r) {
  size_t n = 400 + (r >> 32) % 5000, plain = 0;
  unsigned char *p;
  switch (r >> 20 & 7) {
  case 0:
    p = memalign((size_t)64 << (r >> 40) % 6, n);
    break;
  case 1:
    p = mallocx(n, (int)(r >> 40) % 8);
    break;
  case 2:
    p = calloc(1, n);
    break;
  case 3:
    p = realloc(must(malloc(n / 2)), n);
    break;
  case 4: /* what was a slab's may become a large object's, and the other way round */
    n *= 16;
    p = malloc(n);
    break;
  default:
    p = malloc(n);
    plain = 1;
  }
  must(p);
  memset(p, (int)(n % 251), n);
  *(struct stamp *)p = (struct stamp){n, plain};
  return p;
}

static void check_and_free(unsigned char *p) {
  if (p == NULL)
    return;
  struct stamp s = *(struct stamp *)p;
  for (size_t i = sizeof s; i < s.n; i++)
    CHECK(p[i] == s.n % 251, "byte %zu of %zu at %p was overwritten", i, s.n, (void *)p);
  if (s.plain && s.n >= LEAST)
    CHECK(malloc_usable_size(p) == nallocx(s.n, 0), "%zu bytes at %p: %zu usable, expected %zu",
          s.n, (void *)p, malloc_usable_size(p), nallocx(s.n, 0));
  free(p);
}

static void *replace(void *argument) {
  uint64_t x = 88172645463325252u + (uintptr_t)argument;
  for (long i = 0; i < rounds; i++) {
    x ^= x << 13, x ^= x >> 7, x ^= x << 17;
    size_t from = i / 20000 % 3 * 1000; /* whole areas are left alone for a while */
    unsigned char *fresh = (x >> 10 & 3) == 0 ? NULL : make(x);
    check_and_free(atomic_exchange(&slots[from + (x >> 50) % 1000].p, fresh));
  }
  return NULL;
}

static void apart(long count) {
  pthread_t thread[THREADS];
  rounds = count;
  for (int life = 0; life < 3; life++) { /* threads take over what others had */
    for (uintptr_t i = 0; i < THREADS; i++)
      pthread_create(&thread[i], NULL, replace, (void *)(i * 7919 + (uintptr_t)life));
    for (int i = 0; i < THREADS; i++)
      pthread_join(thread[i], NULL);
  }
  for (int i = 0; i < SLOTS; i++)
    check_and_free(slots[i].p);
}

/* ---- the others ---- */

static void zeroes(int all) {
  for (size_t n = LEAST; n <= MOST; n += 37) {
    free(memset(must(malloc(n)), 0xff, n));
    unsigned char *p = must(all ? malloc(n) : calloc(1, n));
    for (size_t i = 0; i < n; i++)
      CHECK(p[i] == 0, "byte %zu of %zu: 0 expected, found %u", i, n, p[i]);
    free(p);
  }
}

static void twice(void) {
  free(must(malloc(1000))); /* from then on they are kept */
  void *p = hide(must(malloc(1000)));
  SAY("%p\n", p);
  free(p);
  free(hide(p));
  FAIL("%p was freed twice: death expected, found alive", p);
}

enum { GIVEN = 50, GIVEN_BYTES = 1024 };
static pthread_barrier_t before, after;
static const char *how;

static void *giver(void *argument) {
  void *kept[GIVEN];
  for (int i = 0; i < GIVEN; i++)
    kept[i] = must(malloc(GIVEN_BYTES));
  pthread_barrier_wait(&before);
  pthread_barrier_wait(&before); /* jemalloc's figures have been read */
  for (int i = 0; i < GIVEN; i++)
    free(kept[i]);
  if (strcmp(how, "end") == 0)
    return argument;
  if (strcmp(how, "trim") == 0)
    malloc_trim(0);
  pthread_barrier_wait(&after);
  pthread_barrier_wait(&after);
  return argument;
}

/* "kept": nothing is done, and nothing goes back: so the other two could fail. */
static void given(void) {
  pthread_t thread;
  pthread_barrier_init(&before, NULL, 2);
  pthread_barrier_init(&after, NULL, 2);
  pthread_create(&thread, NULL, giver, NULL);
  pthread_barrier_wait(&before);
  size_t alive = allocated();
  pthread_barrier_wait(&before);
  if (strcmp(how, "end") == 0)
    pthread_join(thread, NULL);
  else
    pthread_barrier_wait(&after);
  size_t left = allocated();
  CHECK((alive - left >= GIVEN * GIVEN_BYTES) == (strcmp(how, "kept") != 0),
        "%d bytes freed (%s), %zu gone back", GIVEN * GIVEN_BYTES, how, alive - left);
}

/* ---- lists that grow ---- */

enum { HELD_BYTES = 512 << 10, GROWERS = 16 };

/* Allocates half a MiB of objects of n bytes, and frees them. */
static void fill_and_free(size_t n) {
  void *held[HELD_BYTES / LEAST];
  size_t count = HELD_BYTES / n;
  for (size_t i = 0; i < count; i++)
    held[i] = must(malloc(n));
  for (size_t i = 0; i < count; i++)
    free(held[i]);
}

/* Bytes of 1,024-byte objects that the main thread's cache, or jemalloc's, gives back when
 * `keeper` has filled and freed that many times. */
static void *keeper(void *times) {
  for (int i = 0; i < *(int *)times; i++)
    fill_and_free(GIVEN_BYTES);
  pthread_barrier_wait(&before);
  pthread_barrier_wait(&before);
  malloc_trim(0);
  pthread_barrier_wait(&before);
  pthread_barrier_wait(&before);
  fill_and_free(GIVEN_BYTES);
  pthread_barrier_wait(&before);
  pthread_barrier_wait(&before);
  return NULL;
}

static size_t allocated_then_go_on(void) {
  pthread_barrier_wait(&before);
  size_t bytes = allocated();
  pthread_barrier_wait(&before);
  return bytes;
}

static size_t kept_after(int times, size_t *after_trim) {
  pthread_t thread;
  pthread_create(&thread, NULL, keeper, &times);
  size_t full = allocated_then_go_on(), empty = allocated_then_go_on();
  *after_trim = allocated_then_go_on() - empty;
  pthread_join(thread, NULL);
  return full - empty;
}

static void longer(void) {
  size_t once_more, short_again;
  pthread_barrier_init(&before, NULL, 2);
  size_t once = kept_after(1, &once_more), often = kept_after(5, &short_again);
  CHECK(once < 100 << 10 && once >= 64 << 10, "64 to 100 KiB expected at first, found %zu", once);
  CHECK(often >= 250 << 10 && often < 300 << 10, "250 to 300 KiB expected, found %zu", often);
  CHECK(short_again < 100 << 10, "100 KiB expected after malloc_trim, found %zu", short_again);
}

static pthread_barrier_t all;
static void *grower(void *unused) {
  for (int i = 0; i < 5; i++)
    for (size_t n = LEAST; n <= MOST; n += LEAST)
      fill_and_free(n);
  pthread_barrier_wait(&all);
  pthread_barrier_wait(&all);
  return unused;
}

/* Eight lists a thread: 64 KiB each, and 192 more would be 24 MiB for all threads. */
static void bounded(void) {
  pthread_t thread[GROWERS];
  pthread_barrier_init(&all, NULL, GROWERS + 1);
  size_t empty = allocated();
  for (int i = 0; i < GROWERS; i++)
    pthread_create(&thread[i], NULL, grower, NULL);
  pthread_barrier_wait(&all);
  size_t kept = allocated() - empty;
  pthread_barrier_wait(&all);
  for (int i = 0; i < GROWERS; i++)
    pthread_join(thread[i], NULL);
  CHECK(kept > 10 << 20 && kept < 18 << 20, "10 to 18 MiB expected, found %zu", kept);
}

/* Objects that come in one call would lie in pages whose kind nobody has noted: ours has none. */
static void batch(void) {
  static const char *name = "experimental.batch_alloc";
  size_t mib[4], depth = 4;
  int by_name = mallctl(name, NULL, NULL, NULL, 0), to_mib = mallctlnametomib(name, mib, &depth);
  CHECK(by_name == ENOENT && to_mib == ENOENT, "ENOENT twice expected, found %d, %d", by_name,
        to_mib);
}

int main(int argc, char **argv) {
  CHECK(
      argc > 1 && nallocx,
      "usage: thread_cache classes|apart|zeroes|twice|batch|longer|bounded|given, under the shim");
  free(must(malloc(2000)));
  if (strcmp(argv[1], "classes") == 0)
    classes();
  else if (strcmp(argv[1], "apart") == 0)
    apart(arg_long(argc, argv, 2, 100000));
  else if (strcmp(argv[1], "zeroes") == 0)
    zeroes(getenv("MALLOC_CONF") != NULL);
  else if (strcmp(argv[1], "twice") == 0)
    twice();
  else if (strcmp(argv[1], "batch") == 0)
    batch();
  else if (strcmp(argv[1], "longer") == 0)
    longer();
  else if (strcmp(argv[1], "bounded") == 0)
    bounded();
  else if (strcmp(argv[1], "given") == 0 && argc > 2) {
    how = argv[2];
    given();
  }
  return 0;
}
