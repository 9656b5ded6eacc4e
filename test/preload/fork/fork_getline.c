/* Forks while other threads sit in getline: fork_getline [short|long [FORKS = 300]].
 * getline allocates under its stream's lock; fork takes the list of streams; fflush(NULL) holds the
 * list and waits for a stream. An allocator that holds a lock across fork closes the circle. Lines
 * are short (small requests) or of 4 to 20 KB. */
#include "../check.h"
#include <stdatomic.h>
#include <stdbool.h>

enum { READERS = 4 };

static atomic_bool stop;
static bool long_lines;
static int pipes[READERS][2];

/* Fresh buffers each time, so that every line allocates inside getline. */
static void *read_lines(void *arg) {
  FILE *in = fdopen(pipes[(intptr_t)arg][0], "r");
  CHECK(in, "fdopen expected a stream, found errno %d", errno);
  char *line = NULL;
  size_t room = 0;
  ssize_t got;
  while ((got = getline(&line, &room, in)) > 0) {
    CHECK(line[got - 1] == '\n' && line[0] == 'a' + (got - 2) % 26,
          "a whole line expected, found %zd bytes beginning with %d", got, line[0]);
    free(line);
    line = NULL;
    room = 0;
  }
  free(line);
  fclose(in);
  return NULL;
}

static void *write_lines(void *arg) {
  int out = pipes[(intptr_t)arg][1];
  static _Thread_local char line[20001];
  uint64_t rng = (uintptr_t)arg;
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    size_t n = long_lines ? 4096 + rng_below(&rng, 15000) : 1 + rng_below(&rng, 300);
    memset(line, (int)('a' + (n - 1) % 26), n);
    line[n] = '\n';
    for (size_t done = 0; done < n + 1;) {
      ssize_t wrote = write(out, line + done, n + 1 - done);
      CHECK(wrote > 0, "write to a pipe expected progress, found errno %d", errno);
      done += (size_t)wrote;
    }
  }
  close(out);
  return NULL;
}

static void *flush_all(void *arg) {
  while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
    fflush(NULL);
    usleep(200);
  }
  return arg;
}

static void be_child(void) {
  watchdog(30);
  for (size_t n = 0; n < 600; n += 7)
    free(must(malloc(n)));
  char text[64];
  FILE *f = fmemopen(text, sizeof text, "w");
  CHECK(f, "fmemopen in the child expected a stream, found errno %d", errno);
  fprintf(f, "%d", 42);
  fclose(f);
  _exit(0);
}

int main(int argc, char **argv) {
  long_lines = argc > 1 && strcmp(argv[1], "long") == 0;
  long forks = arg_long(argc, argv, 2, 300);
  watchdog(30 + (unsigned)(forks / 20));
  pthread_t readers[READERS], writers[READERS], flusher;
  for (intptr_t i = 0; i < READERS; i++) {
    CHECK(pipe(pipes[i]) == 0, "pipe expected 0, found errno %d", errno);
    readers[i] = thread_start(read_lines, (void *)i);
    writers[i] = thread_start(write_lines, (void *)i);
  }
  flusher = thread_start(flush_all, NULL);
  for (long i = 0; i < forks; i++) {
    pid_t pid = fork();
    CHECK(pid >= 0, "fork %ld expected a pid, found errno %d", i, errno);
    if (pid == 0)
      be_child();
    wait_ok(pid);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < READERS; i++) {
    pthread_join(writers[i], NULL);
    pthread_join(readers[i], NULL);
  }
  pthread_join(flusher, NULL);
}
