// Hands an object that was freed before to one of the entries: fault_entry ENTRY. Prints the pointer
// and where the program's code begins and ends, then must die.
#include "../check.h"
#include <new>

extern "C" {
void *rallocx(void *, size_t, int) __attribute__((weak));
void dallocx(void *, int) __attribute__((weak));
void sdallocx(void *, size_t, int) __attribute__((weak));
void free_sized(void *, size_t) __attribute__((weak));
void free_aligned_sized(void *, size_t, size_t) __attribute__((weak));
void cfree(void *) __attribute__((weak));
extern char __executable_start, etext;
}

static const struct {
  const char *name;
  void (*call)(void *);
} entries[] = {
    {"free", [](void *p) { free(p); }},
    {"cfree", [](void *p) { cfree(p); }},
    {"free_sized", [](void *p) { free_sized(p, 100); }},
    {"free_aligned_sized", [](void *p) { free_aligned_sized(p, 16, 100); }},
    {"realloc", [](void *p) { hide(realloc(p, 400)); }},
    {"realloc-0", [](void *p) { hide(realloc(p, 0)); }},
    {"realloc-large", [](void *p) { hide(realloc(p, 4000)); }},
    {"reallocarray", [](void *p) { hide(reallocarray(p, 4, 100)); }},
    {"delete", [](void *p) { operator delete(p); }},
    {"delete-sized", [](void *p) { operator delete(p, size_t(100)); }},
    {"delete-aligned", [](void *p) { operator delete(p, std::align_val_t(16)); }},
    {"delete[]", [](void *p) { operator delete[](p); }},
    {"rallocx", [](void *p) { hide(rallocx(p, 400, 0)); }},
    {"dallocx", [](void *p) { dallocx(p, 0); }},
    {"sdallocx", [](void *p) { sdallocx(p, 100, 0); }},
};

int main(int argc, char **argv) {
  CHECK(argc > 2, "an entry and small or stray expected, found %d arguments", argc - 1);
  static char global[100];
  char *p = static_cast<char *>(must(malloc(100)));
  if (strcmp(argv[2], "stray") == 0)
    p = global;
  else
    free(p);
  SAY("%p %#lx %#lx\n", static_cast<void *>(p), reinterpret_cast<unsigned long>(&__executable_start),
      reinterpret_cast<unsigned long>(&etext));
  for (auto &e : entries)
    if (strcmp(e.name, argv[1]) == 0) {
      e.call(hide(p));
      FAIL("%p was freed before: death expected of %s, found alive", static_cast<void *>(p), e.name);
    }
  FAIL("an entry expected, found %s", argv[1]);
}
