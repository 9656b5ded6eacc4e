/* What may happen to the files of a program's modules, between requests for memory.
 *
 *   moves KIND FILE PLUGIN DIR   its own file FILE is deleted, renamed, replaced, or left behind by
 *      chroot to DIR; then PLUGIN is opened.  Requests before and after
 *   plain                        one request
 *   spaces LIBRARY...            each library in a namespace of its own, in turn, calls back
 *   reopen ROUNDS LIBRARY        opened and closed at ever new addresses; it calls back
 *   storm ROUNDS A B             two threads: A in a namespace of its own and B, in turn, at ever
 *      new addresses; each calls back once
 *   places ROUNDS DIR LIBRARY    opened by ever new names in DIR, and not used
 *   where LIBRARY                opened by a name that is a descriptor's, twice
 */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/stat.h>

__attribute__((noinline)) static void keep(void) {
  void *volatile p = must(malloc(1111));
  (void)p;
}

static void request(void) { free(must(malloc(222))); }

static void copy(const char *from, const char *to) {
  char bytes[4096];
  int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_EXCL, 0755);
  CHECK(in >= 0 && out >= 0, "%s and %s can be opened", from, to);
  for (ssize_t n; (n = read(in, bytes, sizeof bytes)) > 0;)
    CHECK(write(out, bytes, (size_t)n) == n, "%s can be written", to);
  close(in), close(out);
}

static void move_file(const char *kind, const char *file, const char *dir) {
  char other[PATH_MAX];
  snprintf(other, sizeof other, "%s.other", file);
  if (strcmp(kind, "delete") == 0)
    CHECK(unlink(file) == 0, "unlink");
  if (strcmp(kind, "rename") == 0)
    CHECK(rename(file, other) == 0, "rename");
  if (strcmp(kind, "replace") == 0) {
    copy(file, other);
    CHECK(rename(other, file) == 0, "rename");
  }
  if (strcmp(kind, "chroot") == 0)
    CHECK(chroot(dir) == 0 && chdir("/") == 0, "chroot");
}

static void *call(void *library, const char *name) {
  CHECK(library != NULL, "%s", dlerror());
  void *found = dlsym(library, name);
  int (*call_back)(void (*)(void));
  CHECK(found != NULL, "%s", name);
  memcpy(&call_back, &found, sizeof found);
  call_back(request);
  return found;
}

static void moves(const char *kind, const char *file, const char *plugin, const char *dir) {
  keep();
  move_file(kind, file, dir);
  call(dlopen(plugin, RTLD_NOW), "call_back");
  keep();
  if (getenv("DUMP_BY_CALL") != NULL)
    CHECK(arenashim_dump(getenv("DUMP_BY_CALL")) == 0, "a dump by call");
}

static void spaces(char **libraries) {
  for (int round = 0; round < 3; round++)
    for (char **path = libraries; *path != NULL; path++) {
      void *library = dlmopen(LM_ID_NEWLM, *path, RTLD_NOW);
      call(library, "call_back");
      dlclose(library);
    }
}

static void reopen(long rounds, const char *path) {
  void *before = NULL;
  struct arenashim_totals t = {.size = sizeof t};
  uint64_t bytes = 0, sites = 0;
  for (long i = 0; i < rounds; i++) {
    void *library = dlopen(path, RTLD_NOW), *code = call(library, "call_back");
    CHECK(code != before, "another address");
    dlclose(library);
    before = code;
    syscall(SYS_mmap, (uintptr_t)code & -4096ul, 4096, PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0); /* in no table of the shim's */
    arenashim_totals(&t);
    if (i == rounds / 10)
      bytes = t.table_bytes, sites = t.sites;
  }
  CHECK(t.sites == sites, "%ld call sites after a tenth, %ld at the end", (long)sites,
        (long)t.sites);
  CHECK(t.table_bytes <= bytes + (64 << 10), "%ld bytes after a tenth, %ld at the end", (long)bytes,
        (long)t.table_bytes);
}

static long storm_rounds;
static void *storm_thread(void *argument) {
  char **libraries = argument;
  for (long i = 0; i < storm_rounds; i++) {
    void *one = dlmopen(LM_ID_NEWLM, libraries[0], RTLD_NOW);
    call(one, "call_back");
    dlclose(one);
    void *two = dlopen(libraries[1], RTLD_NOW);
    call(two, "call_back");
    dlclose(two);
    mmap(NULL, 5 * 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  }
  return NULL;
}

static void storm(long rounds, char **libraries) {
  pthread_t thread;
  storm_rounds = rounds;
  CHECK(pthread_create(&thread, NULL, storm_thread, libraries) == 0, "a thread");
  storm_thread(libraries);
  pthread_join(thread, NULL);
}

static void places(long rounds, const char *dir, const char *path) {
  char name[PATH_MAX];
  for (long i = 0; i < rounds; i++) {
    snprintf(name, sizeof name, "%s/%ld.so", dir, i);
    CHECK(symlink(path, name) == 0, "symlink");
    void *library = dlopen(name, RTLD_NOW);
    CHECK(library != NULL, "%s", dlerror());
    request();
    dlclose(library);
    unlink(name);
  }
}

static void where(const char *path) {
  for (int i = 0; i < 2; i++) {
    char name[64];
    int fd = open(path, O_RDONLY), high = fcntl(fd, F_DUPFD, 100 + i);
    snprintf(name, sizeof name, "/proc/self/fd/%d", high);
    void *library = dlopen(name, RTLD_NOW);
    call(library, "call_back");
    close(fd), close(high);
    dlclose(library);
  }
}

int main(int argc, char **argv) {
  watchdog(120);
  const char *what = argc > 1 ? argv[1] : "plain";
  if (strcmp(what, "plain") == 0)
    keep();
  else if (strcmp(what, "moves") == 0 && argc == 6)
    moves(argv[2], argv[3], argv[4], argv[5]);
  else if (strcmp(what, "spaces") == 0)
    spaces(argv + 2);
  else if (strcmp(what, "reopen") == 0 && argc == 4)
    reopen(atol(argv[2]), argv[3]);
  else if (strcmp(what, "storm") == 0 && argc == 5)
    storm(atol(argv[2]), argv + 3);
  else if (strcmp(what, "places") == 0 && argc == 5)
    places(atol(argv[2]), argv[3], argv[4]);
  else if (strcmp(what, "where") == 0 && argc == 3)
    where(argv[2]);
  else
    return 2;
  return 0;
}
