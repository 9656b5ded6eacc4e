/* errno is the program's: 0 in constructors and at main, and what it was after any call of ours
 * that succeeds, the first of the process among them.  errno_kept WAY start          0 in a
 * constructor and at main NAME           the call of that name is the first one after the start all
 * every one after the other threads        at the end of threads, in fork's parent and child, in
 * destructors */
#define _GNU_SOURCE
#include "../check.h"
#include "../../../shim/arenashim.h"

#include <malloc.h>

extern void *mallocx(size_t n, int flags) __attribute__((weak));
extern size_t nallocx(size_t n, int flags) __attribute__((weak));
extern int mallctl(const char *name, void *old, size_t *length, void *new, size_t bytes)
    __attribute__((weak));

static int in_constructor;
__attribute__((constructor)) static void constructor(void) { in_constructor = errno; }

static void *object;
static void small(void) { object = must(malloc(10)); }
static void large(void) { object = must(malloc(5000)); }
static void huge(void) { object = must(malloc(3 << 20)); }
static void zeroed(void) { object = must(calloc(3, 1 << 19)); }
static void grown(void) { object = must(realloc(object, 600)); }
static void moved(void) { object = must(realloc(object, 3 << 20)); }
static void aligned(void) { CHECK(posix_memalign(&object, 4096, 10) == 0, "memory expected"); }
static void refused(void) { CHECK(posix_memalign(&object, 3, 10) == EINVAL, "EINVAL expected"); }
static void freed(void) { free(object), object = NULL; }
static void trimmed(void) { malloc_trim(0); }
static void counted(void) { CHECK(mallinfo2().uordblks + 1 > 0, "a count expected"); }
static void set(void) { mallopt(M_MMAP_THRESHOLD, 1 << 20); }
static void usable(void) { CHECK(malloc_usable_size(object) == 0, "no object expected"); }
static void asked(void) { CHECK(nallocx == NULL || nallocx(5000, 0) >= 5000, "a size expected"); }
static void extended(void) { object = mallocx != NULL ? must(mallocx(5000, 0)) : NULL; }
static void controlled(void) {
  const char *version;
  size_t length = sizeof version;
  CHECK(mallctl == NULL || mallctl("version", &version, &length, NULL, 0) == 0,
        "a version expected");
}
static void totals(void) {
  struct arenashim_totals t = {.size = sizeof t};
  if (arenashim_totals)
    arenashim_totals(&t);
}
static void named(void) {
  if (arenashim_name_arena)
    CHECK(arenashim_name_arena("name") == 0, "a name expected");
}
static void dumped(void) {
  if (arenashim_dump)
    CHECK(arenashim_dump("d.%n") == 0 && arenashim_report("r.%n") == 0, "files expected");
}

static const struct {
  const char *name;
  void (*call)(void);
} calls[] = {{"small", small},       {"large", large},     {"huge", huge},
             {"zeroed", zeroed},     {"grown", grown},     {"moved", moved},
             {"freed", freed},       {"aligned", aligned}, {"freed2", freed},
             {"refused", refused},   {"trimmed", trimmed}, {"counted", counted},
             {"set", set},           {"usable", usable},   {"asked", asked},
             {"extended", extended}, {"freed3", freed},    {"controlled", controlled},
             {"totals", totals},     {"named", named},     {"dumped", dumped}};
enum { CALLS = sizeof calls / sizeof *calls };

static void call(unsigned i) {
  errno = 4321;
  calls[i].call();
  CHECK(errno == 4321, "errno untouched by %s expected, found %d", calls[i].name, errno);
}

static void key_end(void *unused) {
  (void)unused;
  if (errno != 4321)
    dprintf(1, "errno %d at the end of a thread\n", errno);
}

static void *thread(void *key) {
  pthread_setspecific(*(pthread_key_t *)key, key);
  free(must(malloc(100)));
  free(must(malloc(100000)));
  errno = 4321;
  return NULL;
}

static void at_exit(void) { errno = 4321; }
__attribute__((destructor)) static void destructor(void) {
  if (errno != 4321 && errno != 0)
    dprintf(1, "errno %d in a destructor\n", errno);
}

static void threads(void) {
  pthread_key_t key;
  pthread_t t;
  pthread_key_create(&key, key_end);
  pthread_create(&t, NULL, thread, &key);
  pthread_join(t, NULL);
  errno = 4321;
  pid_t child = fork();
  CHECK(errno == 4321, "errno untouched by fork expected, found %d", errno);
  if (child == 0)
    exit(0);
  waitpid(child, NULL, 0);
}

int main(int argc, char **argv) {
  int at_main = errno;
  const char *way = argc > 1 ? argv[1] : "";
  atexit(at_exit);
  CHECK(in_constructor == 0 && at_main == 0,
        "errno 0 in a constructor and at main expected, found %d, %d", in_constructor, at_main);
  if (strcmp(way, "threads") == 0)
    threads();
  for (unsigned i = 0; i < CALLS; i++)
    if (strcmp(way, calls[i].name) == 0 || strcmp(way, "all") == 0)
      call(i);
  if (strcmp(way, "names") == 0)
    for (unsigned i = 0; i < CALLS; i++)
      printf("%s\n", calls[i].name);
  return 0;
}
