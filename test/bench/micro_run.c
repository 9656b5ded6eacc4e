/* Runs one micro workload and prints what it cost, one line:
 *
 *   malloc=FILE ns=CPU wall=WALL operations=N peak=BYTES
 *
 * FILE is the library that this process's malloc is in: a run whose preload took no effect shows.
 * CPU and WALL are nanoseconds an operation; CPU is the process's, all threads together, so that it
 * holds on a busy machine too. BYTES are the most that was resident. */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "micro.h"

enum { MOST_THREADS = 64 };

static pthread_barrier_t prepared, finished;
static const struct workload *chosen;

static uint64_t clock_ns(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t thread_ns(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

void *bench_map(size_t bytes) {
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) {
    fprintf(stderr, "micro: no memory for %zu bytes of slots\n", bytes);
    exit(1);
  }
  return p;
}

/* Each thread on a CPU of its own: on a busy machine two that work together would else share one,
 * and hand over what lies in its cache. */
static void stay(unsigned id) {
  cpu_set_t allowed, one;
  sched_getaffinity(0, sizeof allowed, &allowed);
  unsigned skip = id % (unsigned)CPU_COUNT(&allowed), cpu = 0;
  while (!CPU_ISSET(cpu, &allowed) || skip--)
    cpu++;
  CPU_ZERO(&one);
  CPU_SET(cpu, &one);
  sched_setaffinity(0, sizeof one, &one);
}

static void *thread_main(void *argument) {
  struct job *j = argument;
  if (j->threads > 1)
    stay(j->id);
  if (chosen->prepare)
    chosen->prepare(j);
  pthread_barrier_wait(&prepared);
  pthread_barrier_wait(&prepared); /* the clock has been read */
  chosen->work(j);
  pthread_barrier_wait(&finished);
  return NULL;
}

static void list(const struct workload *w, size_t count) {
  for (; count--; w++)
    printf("%s\t%s\t%s\n", w->name, w->threads, w->operation);
}

static const struct workload *find(const struct workload *w, size_t count, const char *name) {
  for (; count--; w++)
    if (strcmp(w->name, name) == 0)
      return w;
  fprintf(stderr, "micro: no workload named '%s' (--list)\n", name);
  exit(2);
}

static const char *malloc_file(void) {
  Dl_info info;
  void *at = dlsym(RTLD_DEFAULT, "malloc");
  return at && dladdr(at, &info) ? info.dli_fname : "?";
}

/* VmHWM, unlike getrusage's, starts anew at exec. No stdio: its buffers would come from malloc. */
static unsigned long long peak_bytes(void) {
  static char text[4096];
  int fd = open("/proc/self/status", O_RDONLY);
  ssize_t n = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
  if (fd >= 0)
    close(fd);
  const char *line = n > 0 ? strstr(text, "\nVmHWM:") : NULL;
  return line ? strtoull(line + 7, NULL, 10) * 1024 : 0;
}

static void print_costs(struct job *jobs, unsigned threads, uint64_t cpu, uint64_t wall) {
  uint64_t done = 0, waited = 0;
  for (unsigned i = 0; i < threads; i++) {
    done += jobs[i].done;
    waited += jobs[i].waited;
  }
  printf("malloc=%s ns=%.3f wall=%.3f operations=%llu peak=%llu\n", malloc_file(),
         (double)(cpu - waited) / (double)done, (double)wall / (double)done,
         (unsigned long long)done, peak_bytes());
}

static void run(unsigned threads, uint64_t times) {
  static struct job jobs[MOST_THREADS];
  pthread_t thread[MOST_THREADS];
  pthread_barrier_init(&prepared, NULL, threads + 1);
  pthread_barrier_init(&finished, NULL, threads + 1);
  for (unsigned i = 0; i < threads; i++) {
    jobs[i] = (struct job){.id = i,
                           .threads = threads,
                           .param = chosen->param,
                           .times = times,
                           .done = times,
                           .random = 88172645463325252u + i,
                           .jobs = jobs};
    if (pthread_create(&thread[i], NULL, thread_main, &jobs[i]) != 0)
      abort();
  }
  pthread_barrier_wait(&prepared);
  uint64_t cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID), wall = clock_ns(CLOCK_MONOTONIC);
  pthread_barrier_wait(&prepared);
  pthread_barrier_wait(&finished);
  cpu = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  wall = clock_ns(CLOCK_MONOTONIC) - wall;
  print_costs(jobs, threads, cpu, wall);
  fflush(stdout);
  _Exit(0); /* what is still alive is nobody's concern */
}

int micro_main(int argc, char **argv, const struct workload *workloads, size_t count) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    list(workloads, count);
    return 0;
  }
  unsigned threads = argc == 4 ? (unsigned)atoi(argv[2]) : 0;
  double scale = argc == 4 ? atof(argv[3]) : 0;
  if (threads < 1 || threads > MOST_THREADS || !(scale > 0)) {
    fprintf(stderr, "usage: micro WORKLOAD THREADS SCALE | --list   (1..%d threads)\n",
            MOST_THREADS);
    return 2;
  }
  chosen = find(workloads, count, argv[1]);
  uint64_t times = (uint64_t)((double)chosen->times * scale);
  run(threads, times ? times : 1);
  return 0;
}
