/* A library leaves, another comes to its address: what was learned of the first must be forgotten.
 * Usage: tags_close LIBRARY OTHER      under ARENASHIM_TAG=stack:8
 * The libraries' frames have other sizes; their code lies at the same places.  They take turns: one
 * that comes back has its call site again. */
#define _GNU_SOURCE
#include "../../../shim/arenashim.h"
#include "../check.h"
#include <dlfcn.h>

enum { ROUNDS = 6, LIBRARIES = 2, PAIRS = 3, LEAST = 111 };
static size_t asked;     /* bytes: tells requests apart */
static uintptr_t caller; /* the return address into this program, above the library */
static int seen;

static void request(void) { free(must(malloc(asked))); }

/* request's caller is the library; what comes above it is the test. */
static void visit(const struct arenashim_site *s, void *argument) {
  (void)argument;
  size_t round = asked - LEAST;
  if (s->largest != asked || s->smallest != LEAST + round % LIBRARIES)
    return;
  seen++;
  CHECK(s->allocs == PAIRS * (round / LIBRARIES + 1), "round %zu: %zu requests in all", round,
        (size_t)s->allocs);
  CHECK(s->frames > 3, "4 frames at least expected, found %zu", s->frames);
  if (caller == 0)
    caller = (uintptr_t)s->path[2];
  CHECK((uintptr_t)s->path[2] == caller, "the library's caller is at %p, found %p", (void *)caller,
        s->path[2]);
}

__attribute__((noinline)) static void *use(const char *path, void *where) {
  void *library = dlopen(path, RTLD_NOW);
  CHECK(library != NULL, "%s", dlerror());
  void *found = dlsym(library, "call_back");
  int (*call_back)(void (*)(void));
  memcpy(&call_back, &found, sizeof found);
  if (where != NULL && where != found)
    _exit(77); /* not the same address: nothing to see */
  for (int i = 0; i < PAIRS; i++)
    call_back(request);
  dlclose(library);
  return found;
}

int main(int argc, char **argv) {
  CHECK(argc == 3, "usage");
  watchdog(60);
  void *where = NULL;
  for (int round = 0; round < ROUNDS; round++) {
    asked = (size_t)(LEAST + round);
    where = use(argv[1 + round % LIBRARIES], where);
    seen = 0;
    arenashim_sites(visit, NULL);
    CHECK(seen == 1, "one path of round %d expected, found %d", round, seen);
  }
  return 0;
}
