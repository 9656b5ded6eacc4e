/* What stays resident, in bytes by the kernel's own count (smaps_rollup), without the program's
 * table.
 *
 * memory start
 *     at the start of main
 * memory fragment-random|-oldest
 *     1M objects of 16..400 bytes; 90 % freed, at random or the oldest; then as many more
 * memory phases
 *     8 times: 20 MB of sizes of a band of its own, 90 % of the last freed
 * memory giveback-small|-large
 *     everything freed; 1 s and 1,000 calls later; after malloc_trim.  `before` is with the same
 *     code run once for 1,000 objects, so that its pages are there
 * memory threads
 *     1,000 threads that made 15 sizes x 100 objects each, freed them and sleep, their stacks
 *     included; after their end
 * memory threads-asleep
 *     the same, but the main thread frees the objects
 *
 * One line: malloc=FILE start=BYTES, then STEP=RESIDENT/LIVE for each step. */
#include <dlfcn.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { OBJECTS = 1000000, KEEP_EVERY = 10, CALLS = 1000, PHASES = 8 };

static struct {
  void *object;
  size_t bytes;
} * table;
static size_t table_bytes, live;
static uint64_t state = 88172645463325252u;

static size_t size_between(size_t least, size_t most) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return least + (state >> 20) % (most - least + 1);
}

/* No stdio: its buffer would come from the malloc that is measured. */
static size_t resident(void) {
  char text[4096];
  int fd = open("/proc/self/smaps_rollup", O_RDONLY);
  ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (n <= 0) {
    fprintf(stderr, "memory: cannot read /proc/self/smaps_rollup\n");
    exit(1);
  }
  close(fd);
  text[n] = 0;
  const char *line = strstr(text, "\nRss:");
  return (line ? strtoul(line + 5, NULL, 10) * 1024 : 0) - table_bytes;
}

static char said[1024];
static size_t said_length;

/* Kept until the end, for the same reason. */
static void step(const char *name) {
  said_length += (size_t)snprintf(said + said_length, sizeof said - said_length, " %s=%zu/%zu",
                                  name, resident(), live);
}

static void allocate(size_t i, size_t bytes) {
  table[i].object = malloc(bytes);
  if (!table[i].object)
    abort();
  table[i].bytes = bytes;
  memset(table[i].object, 1, bytes);
  live += bytes;
}

static void release(size_t i) {
  free(table[i].object);
  live -= table[i].bytes;
  table[i].object = NULL;
}

static void allocate_missing(size_t count, size_t least, size_t most) {
  for (size_t i = 0; i < count; i++)
    if (!table[i].object)
      allocate(i, size_between(least, most));
}

/* A second in which the program does little, as one that serves requests. */
static void pass_time(void) {
  nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
  for (size_t i = 0; i < CALLS; i++)
    free(malloc(size_between(16, 400)));
}

static void fragment(int oldest) {
  allocate_missing(OBJECTS, 16, 400);
  step("full");
  for (size_t i = 0; i < OBJECTS; i++)
    if (oldest ? i < OBJECTS - OBJECTS / KEEP_EVERY : size_between(1, KEEP_EVERY) != 1)
      release(i);
  step("freed");
  pass_time();
  step("later");
  allocate_missing(OBJECTS, 16, 400);
  step("again");
}

static void fragment_random(void) { fragment(0); }
static void fragment_oldest(void) { fragment(1); }

static void phases(void) {
  size_t first = 0;
  for (size_t phase = 0; phase < PHASES; phase++) {
    size_t middle = 32 + 60 * phase, count = (20 << 20) / middle;
    for (size_t i = first; i < first + count; i++)
      allocate(i, size_between(middle - 16, middle + 16));
    if (phase == PHASES - 1)
      break;
    for (size_t i = first; i < first + count; i++)
      if (size_between(1, KEEP_EVERY) != 1)
        release(i);
    first += count;
  }
  step("end");
}

static void release_all(size_t count) {
  for (size_t i = 0; i < count; i++)
    release(i);
}

static void give_back(size_t count, size_t least, size_t most) {
  allocate_missing(1000, least, least);
  release_all(1000);
  malloc_trim(0);
  step("before");
  allocate_missing(count, least, most);
  step("full");
  release_all(count);
  step("freed");
  pass_time();
  step("later");
  malloc_trim(0);
  step("trimmed");
}

static void giveback_small(void) { give_back(OBJECTS, 16, 400); }
static void giveback_large(void) { give_back(2000, 16 << 10, 256 << 10); }
/* ---- threads ---- */

enum { THREADS = 1000, SIZES = 15, EACH = 100, STACK = 64 << 10 };

static pthread_barrier_t done, leave;
static int others_free;

static size_t size_of(size_t i) { return 16 + i / EACH % SIZES * 32; }

static void *live_asleep(void *first) {
  size_t from = (size_t)first;
  for (size_t i = from; i < from + SIZES * EACH; i++)
    memset(table[i].object = malloc(size_of(i)), 1, size_of(i));
  for (size_t i = from; i < from + SIZES * EACH && !others_free; i++)
    free(table[i].object);
  pthread_barrier_wait(&done);
  pthread_barrier_wait(&leave);
  return NULL;
}

static void many_threads(void) {
  pthread_t threads[THREADS];
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, STACK);
  pthread_barrier_init(&done, NULL, THREADS + 1);
  pthread_barrier_init(&leave, NULL, THREADS + 1);
  step("before");
  for (size_t i = 0; i < THREADS; i++)
    if (pthread_create(&threads[i], &small, live_asleep, (void *)(i * SIZES * EACH)) != 0)
      abort();
  pthread_barrier_wait(&done);
  pass_time();
  step(others_free ? "full" : "idle");
  for (size_t i = 0; i < THREADS * SIZES * EACH && others_free; i++)
    free(table[i].object);
  if (others_free) {
    pass_time();
    step("freed");
  }
  pthread_barrier_wait(&leave);
  for (size_t i = 0; i < THREADS; i++)
    pthread_join(threads[i], NULL);
  pass_time();
  step("ended");
}

static void threads_asleep(void) {
  others_free = 1;
  many_threads();
}

static void start(void) {}

static const struct {
  const char *name;
  void (*work)(void);
} workloads[] = {
    {"start", start},
    {"fragment-random", fragment_random},
    {"fragment-oldest", fragment_oldest},
    {"phases", phases},
    {"giveback-small", giveback_small},
    {"giveback-large", giveback_large},
    {"threads", many_threads},
    {"threads-asleep", threads_asleep},
};
enum { WORKLOADS = sizeof workloads / sizeof *workloads };

static const char *malloc_file(void) {
  Dl_info info;
  void *at = dlsym(RTLD_DEFAULT, "malloc");
  return at && dladdr(at, &info) ? info.dli_fname : "?";
}

static void map_table(void) {
  table_bytes = sizeof *table * 2 * OBJECTS;
  table = mmap(NULL, table_bytes, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  if (table == MAP_FAILED)
    abort();
}

int main(int argc, char **argv) {
  size_t k = 0;
  while (k < WORKLOADS && (argc != 2 || strcmp(argv[1], workloads[k].name) != 0))
    k++;
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (k = 0; k < WORKLOADS; k++)
      puts(workloads[k].name);
    return 0;
  }
  if (k == WORKLOADS) {
    fprintf(stderr, "memory: no workload named '%s' (--list)\n", argc == 2 ? argv[1] : "");
    return 2;
  }
  size_t at_start = resident();
  map_table();
  workloads[k].work();
  printf("malloc=%s start=%zu%s\n", malloc_file(), at_start, said);
  return 0;
}
