/* Arenas' names; contract in arena_name.h. */
#include "arena_name.h"
#include "heap_thread.h"
#include "os.h"
#include "text.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The arena of a running thread has no name yet: the kernel knows the thread's.  False: it knows no
 * such thread. */
static bool running_name(uint32_t thread, char name[16]) {
  char path[64];
  struct text t = {.bytes = path, .capacity = sizeof path - 1};
  text_str(&t, "/proc/self/task/");
  text_u64(&t, thread);
  text_str(&t, "/comm");
  path[t.length] = '\0';
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? 0 : pread(fd, name, 16, 0);
  if (fd >= 0)
    close(fd);
  name[n > 0 ? n - 1 : 0] = '\0'; /* without the newline */
  return n > 0;
}

/* A thread that has ended meanwhile has left its name in the arena, before it gave it back.  Where
 * it still has the arena, the name there is another one's. */
static void other_name(const struct heap *h, uint32_t thread, char name[16]) {
  if (!running_name(thread, name) && (thread == 0 || heap_thread(heap_number(h)) != thread))
    memcpy(name, counts_of(h)->name, 16);
}

void arena_name(const struct heap *h, uint32_t self, char name[16]) {
  uint32_t thread = heap_thread(heap_number(h));
  if (heap_is_claimed(h) || h->named)
    memcpy(name, counts_of(h)->name, 16);
  else if (thread == self)
    os_thread_name(name);
  else
    other_name(h, thread, name);
  name[15] = '\0';
}
