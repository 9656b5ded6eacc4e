/* Knows its own memory: maps, touches and leaves untouched what it says, one line each, then writes a
 * dump, or waits to be looked at.
 *
 *   kind name mapped resident        bytes, exact; "-" for what is not said
 *
 * Mappings that are to have a row of their own lie between inaccessible pages, so that the kernel
 * joins them with none of their neighbours. */
#define _GNU_SOURCE
#include <alloca.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <unistd.h>

int arenashim_dump(const char *pattern) __attribute__((weak));

enum { PAGE = 4096, KIB = 1024, MIB = 1024 * KIB };

static void touch(char *p, size_t bytes) {
  for (size_t i = 0; i < bytes; i += PAGE)
    ((volatile char *)p)[i] = 1;
}

static void say(const char *kind, const char *name, size_t mapped, size_t resident) {
  printf("%s %s %zu %zu\n", kind, name, mapped, resident);
}

static void anonymous(size_t bytes, size_t touched) {
  char *all = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), name[32];
  mprotect(all + PAGE, bytes, PROT_READ | PROT_WRITE);
  touch(all + PAGE, touched);
  snprintf(name, sizeof name, "%p", (void *)(all + PAGE));
  say("anonymous", name, bytes, touched);
}

/* Pages that were only read are the page of zeros, which is no memory. */
static void only_read(size_t bytes) {
  char *all = mmap(NULL, bytes + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), name[32];
  mprotect(all + PAGE, bytes, PROT_READ | PROT_WRITE);
  madvise(all + PAGE, bytes, MADV_NOHUGEPAGE);
  char sum = 0;
  for (size_t i = 0; i < bytes; i += PAGE)
    sum += ((volatile char *)all)[PAGE + i];
  snprintf(name, sizeof name, "%p", (void *)(all + PAGE));
  say("anonymous", name, bytes, (size_t)sum);
}

static void shared(void) {
  touch(mmap(NULL, 4 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), MIB);
  say("shared_memory", "/dev/zero", 4 * MIB, MIB);
  int fd = memfd_create("planted", 0);
  if (ftruncate(fd, 2 * MIB) == 0)
    touch(mmap(NULL, 2 * MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), 512 * KIB);
  say("shared_memory", "/memfd:planted", 2 * MIB, 512 * KIB);
  int id = shmget(IPC_PRIVATE, MIB, 0600);
  touch(shmat(id, NULL, 0), 256 * KIB);
  shmctl(id, IPC_RMID, NULL);
  say("shared_memory", "/SYSV00000000", MIB, 256 * KIB);
}

/* All of a file, as the kernel maps neighbours of a page that is read; and private changes to it. */
static void file(const char *path) {
  static char page[PAGE];
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  for (int i = 0; i < 256; i++)
    if (write(fd, page, PAGE) != PAGE)
      exit(1);
  mmap(NULL, MIB, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
  say("read_only", path, MIB, MIB);
  touch(mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0), MIB);
  say("shared_file", path, MIB, MIB);
}

/* ---- threads ---- */

enum { THREADS = 3, STACK = 1 * MIB, GUARD = 64 * KIB, DEPTH = 300 * KIB };
static sem_t deep;

static void *thread(void *unused) {
  (void)unused;
  pthread_setname_np(pthread_self(), "planted");
  free(malloc(10));
  touch(alloca(DEPTH), DEPTH);
  sem_post(&deep);
  pause();
  return NULL;
}

static void threads(void) {
  pthread_attr_t a;
  pthread_t t;
  pthread_attr_init(&a);
  pthread_attr_setstacksize(&a, STACK);
  pthread_attr_setguardsize(&a, GUARD);
  sem_init(&deep, 0, 0);
  for (int i = 0; i < THREADS; i++) {
    pthread_create(&t, &a, thread, NULL);
    sem_wait(&deep);
  }
  printf("stack planted %d %d\n", THREADS, DEPTH);
}

/* ---- malloc ---- */

/* Huge objects: one touched in part, one read alone; and one that was freed and waits. */
static void huge(void) {
  char *p = malloc(16 * MIB), *q = malloc(6 * MIB);
  touch(p, 5 * MIB);
  touch(q, 6 * MIB);
  free(q);
  say("huge_objects", "-", 16 * MIB, 5 * MIB);
  say("huge_idle", "-", 6 * MIB, 6 * MIB);
}

static void *small[40000];
__attribute__((noinline)) static void small_objects(void) {
  for (int i = 0; i < 40000; i++)
    memset(small[i] = malloc(100), 1, 100);
  say("small_objects", "-", 4000000, 4000000);
  say("small_rounding", "-", 40000 * 12, 40000 * 12);
}

static void *large[500];
__attribute__((noinline)) static void large_objects(void) {
  for (int i = 0; i < 500; i++)
    memset(large[i] = malloc(20480), 1, 20480);
  say("large_objects", "-", 500 * 20480, 500 * 20480);
}

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc < 3)
    return 2;
  anonymous(8 * MIB, 3 * MIB);
  anonymous(4 * MIB, 0);
  only_read(4 * MIB);
  shared();
  file(argv[1]);
  threads();
  huge();
  small_objects();
  large_objects();
  if (strcmp(argv[2], "wait") == 0) {
    puts("ready");
    for (;;)
      pause();
  }
  _exit(arenashim_dump != NULL && arenashim_dump(argv[2]) == 0 ? 0 : 1);
}
