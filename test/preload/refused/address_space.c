/* What the process has of addresses: address_space MODE [NUMBER].
 *
 *   alive MIB     allocates MIB MiB of small objects; prints the bytes of its address space, and
 *                 how many of them are resident
 *   limit BYTES   limits its own address space (RLIMIT_AS) to 64 MiB more, and allocates objects of
 *                 BYTES until it is refused, twice
 *   lock FLAGS    mlockall(FLAGS), as a user who may lock 64 MiB if this one can become one
 *   future BYTES  its first request is for BYTES, after mlockall(MCL_FUTURE) of a user who may lock
 *                 8 MiB, Debian's default
 *   obstacle      maps a page where the small objects would grow
 *   wait          waits, with objects that a core file must have
 */
#include "../check.h"
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum { PAGE = 4096, MIB = 1 << 20, LIMIT_MIB = 64, LOCKED_MIB = 64, DEFAULT_LOCKED_MIB = 8 };

struct object {
  struct object *next;
  uint64_t tag;
};

/* What the kernel says of the process under that key, in KiB. */
static long status_kib(const char *key) {
  char text[4096] = "";
  int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0, "status expected to be readable");
  close(fd);
  char *found = strstr(text, key);
  CHECK(found, "%s expected in status", key);
  return strtol(found + strlen(key), NULL, 10);
}

static long address_space(void) {
  char text[128] = "";
  int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  CHECK(fd >= 0 && read(fd, text, sizeof text - 1) > 0, "statm expected to be readable");
  close(fd);
  return strtol(text, NULL, 10) * PAGE;
}

static bool limited(int what, rlim_t bytes) {
  struct rlimit l = {bytes, bytes};
  return setrlimit(what, &l) == 0;
}

static void set_limit(int what, rlim_t bytes) {
  CHECK(limited(what, bytes), "setrlimit expected to work, errno %d", errno);
}

/* Puts an object of n bytes on the pile, or returns false after a proper refusal. */
static bool push(struct object **pile, size_t n) {
  errno = 0;
  struct object *o = malloc(n);
  CHECK(o || errno == ENOMEM, "a refusal expected to set ENOMEM, found %d", errno);
  if (!o)
    return false;
  *o = (struct object){*pile, (uint64_t)n};
  *pile = o;
  return true;
}

static void free_all(struct object *pile, size_t n) {
  for (struct object *next; pile; pile = next) {
    CHECK(pile->tag == n, "contents of %p changed", (void *)pile);
    next = pile->next;
    free(pile);
  }
}

static void alive(long mib) {
  struct object *pile = NULL;
  for (long bytes = 0, n = 16; bytes < mib * MIB; bytes += n, n = n == 496 ? 16 : n + 16)
    CHECK(push(&pile, (size_t)n), "an object expected, found NULL");
  SAY("%ld %ld\n", address_space(), resident_bytes());
}

/* Returns the bytes that were had before 1,000 refusals in a row. */
static size_t fill(size_t n) {
  struct object *pile = NULL;
  size_t bytes = 0;
  for (int refusals = 0; refusals < 1000; refusals++)
    if (push(&pile, n)) {
      bytes += n;
      refusals = -1;
      CHECK(bytes <= LIMIT_MIB * (size_t)MIB, "a refusal expected below %d MiB", LIMIT_MIB);
    }
  free_all(pile, n);
  return bytes;
}

static void limit(size_t n) {
  free(must(malloc(n)));
  set_limit(RLIMIT_AS, (rlim_t)address_space() + LIMIT_MIB * MIB);
  size_t first = fill(n), second = fill(n);
  CHECK(first >= 40 * MIB, "at least 40 MiB expected, found %zu", first / MIB);
  CHECK(second >= first / 10 * 9, "%zu MiB expected again, found %zu", first / MIB, second / MIB);
  SAY("%zu MiB\n", first / MIB);
}

static void *in_thread(void *unused) {
  for (int i = 0; i < 10000; i++)
    free(must(malloc(100)));
  return unused;
}

static void begin_thread(void) {
  pthread_t t;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 256 << 10);
  int failed = pthread_create(&t, &small, in_thread, NULL);
  CHECK(!failed, "a thread expected, found %d", failed);
  pthread_join(t, NULL);
}

/* Where the limit can't be raised, what the kernel would compare with it is compared here: it
 * counts addresses, not pages. */
static void lock(int flags) {
  if (limited(RLIMIT_MEMLOCK, LOCKED_MIB * MIB))
    CHECK(geteuid() != 0 || setuid(65534) == 0, "setuid expected to work, errno %d", errno);
  CHECK(mlockall(flags) == 0, "mlockall of %ld KiB: errno %d", address_space() >> 10, errno);
  struct object *pile = NULL;
  for (int i = 0; i < 16 * MIB; i += 100)
    CHECK(push(&pile, 100), "an object expected, found NULL");
  begin_thread();
  free_all(pile, 100);
  long locked = status_kib("VmLck:") >> 10;
  CHECK(locked <= LOCKED_MIB, "at most %d MiB locked expected, found %ld", LOCKED_MIB, locked);
  SAY("%ld MiB locked\n", locked);
}

static void future(size_t n) {
  set_limit(RLIMIT_MEMLOCK, DEFAULT_LOCKED_MIB * MIB);
  CHECK(geteuid() != 0 || setuid(65534) == 0, "setuid expected to work, errno %d", errno);
  CHECK(mlockall(MCL_FUTURE) == 0, "mlockall expected to work, errno %d", errno);
  char *p = malloc(n);
  CHECK(p, "%zu bytes expected, found NULL", n);
  stamp(p, n, 7);
  CHECK_STAMP(p, n, 7);
  free(p);
}

/* Where the mapping ends in which p lies. */
static char *mapping_end(const void *p) {
  char line[512], *end = NULL;
  FILE *f = fopen("/proc/self/maps", "re");
  CHECK(f, "maps expected to be readable");
  while (fgets(line, sizeof line, f)) {
    unsigned long from, to;
    if (sscanf(line, "%lx-%lx", &from, &to) == 2 && from <= (uintptr_t)p && (uintptr_t)p < to)
      end = (char *)to;
  }
  fclose(f);
  return end;
}

static void obstacle(void) {
  struct object *pile = NULL;
  CHECK(push(&pile, 100), "an object expected, found NULL");
  char *end = mapping_end(pile);
  char *there = mmap(end, PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  CHECK(there == end, "nothing expected to lie at %p, found errno %d", (void *)end, errno);
  stamp(there, PAGE, 7);
  size_t beyond = 0;
  for (int i = 0; i < 64 * MIB; i += 100) {
    CHECK(push(&pile, 100), "an object expected, found NULL");
    CHECK((char *)pile + 100 <= there || (char *)pile >= there + PAGE, "an object in the way");
    beyond += (size_t)(end - (char *)pile) > 2 * MIB;
  }
  CHECK(beyond * 100 > 60 * MIB, "most of the objects expected elsewhere, found %zu", beyond);
  CHECK_STAMP(there, PAGE, 7);
  free_all(pile, 100);
  CHECK_STAMP(there, PAGE, 7);
}

static void wait_with_objects(void) {
  char *small = must(malloc(100)), *large = must(malloc(100000));
  snprintf(small, 100, "a small %s", "object in the core");
  snprintf(large, 100, "a large %s", "object in the core");
  SAY("ready\n");
  pause();
}

int main(int argc, char **argv) {
  const char *mode = argc > 1 ? argv[1] : "alive";
  long number = arg_long(argc, argv, 2, 0);
  watchdog(120);
  if (strcmp(mode, "alive") == 0)
    alive(number);
  else if (strcmp(mode, "limit") == 0)
    limit((size_t)number);
  else if (strcmp(mode, "lock") == 0)
    lock((int)number);
  else if (strcmp(mode, "future") == 0)
    future((size_t)number);
  else if (strcmp(mode, "obstacle") == 0)
    obstacle();
  else
    wait_with_objects();
  return 0;
}
