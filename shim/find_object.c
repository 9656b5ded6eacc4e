/* The loader's search for a module; contract in find_object.h. */
#include "find_object.h"

#include <string.h>

static int (*find)(void *, struct dl_find_object *);
static bool asked;

bool find_object_open(void) {
  if (!asked) {
    asked = true;
    void *found = dlsym(RTLD_DEFAULT, "_dl_find_object");
    memcpy(&find, &found, sizeof found);
  }
  return find != NULL;
}

bool find_object(uintptr_t address, struct dl_find_object *found) {
  return find != NULL && find((void *)address, found) == 0;
}
