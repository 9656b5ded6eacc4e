/* Many objects of one size, for the tests of one heap. */
#ifndef TEST_HEAP_OBJECTS_H
#define TEST_HEAP_OBJECTS_H

#include "heap_setup.h"

enum { MANY = 60000 };

static void *objects[MANY];

static inline void allocate_all(unsigned n, size_t size) {
  for (unsigned i = 0; i < n; i++)
    require((objects[i] = allocate(size)) != NULL);
}

static inline void free_all(unsigned n) {
  for (unsigned i = 0; i < n; i++)
    heap_free(objects[i]);
}

static inline struct inventory inventory(void) { return check_invariants(heap_self); }

#endif
