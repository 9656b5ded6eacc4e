/* Closes descriptors in an exit handler, before the allocator's report: close_fds std | all | reuse
 * FILE; exits with 7. std: 1 and 2, as coreutils do. all: every one, as daemons do. reuse: all, and
 * their numbers now belong to FILE, which must stay as it is. */
#include "../check.h"

static const char *way, *file;

static void close_from(int first) {
  for (int fd = first; fd < 1024; fd++)
    close(fd);
}

static void at_exit(void) {
  if (strcmp(way, "std") == 0) {
    fclose(stdout);
    fclose(stderr);
    return;
  }
  fflush(stdout); /* what is buffered belongs to the old descriptor */
  close_from(0);
  if (strcmp(way, "reuse") == 0)
    for (int i = 0; i < 1024 && open(file, O_WRONLY | O_APPEND) >= 0; i++)
      ;
}

int main(int argc, char **argv) {
  way = argc > 1 ? argv[1] : "std";
  file = argc > 2 ? argv[2] : "/dev/null";
  atexit(at_exit);
  free(must(malloc(100)));
  printf("to stdout\n");
  return 7;
}
