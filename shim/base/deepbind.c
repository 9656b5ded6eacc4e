/* Our dlopen; contract in deepbind.h.
 *
 * The loader looks at dlopen's return address: the caller's RUNPATH, $ORIGIN and namespace decide
 * what is found.  So our dlopen ends with a jump to the real one, which returns to the program
 * itself (deepbind.bats looks at the machine code).
 */
#include "deepbind.h"
#include "caller.h"

#include <dlfcn.h>
#include <string.h>

typedef void *open_function(const char *file, int flags);

static _Atomic(open_function *) next;
static _Atomic uint64_t removed;

uint64_t deepbind_count(void) { return count_get(&removed); }

static cold open_function *find_next(void) {
  void *found = dlsym(RTLD_NEXT, "dlopen");
  open_function *f;
  memcpy(&f, &found, sizeof f);
  atomic_store_explicit(&next, f, memory_order_relaxed);
  return f;
}

static cold int without_deepbind(int flags) {
  atomic_fetch_add_explicit(&removed, 1, memory_order_relaxed);
  return flags & ~RTLD_DEEPBIND;
}

exported void *dlopen(const char *file, int flags) {
  open_function *f = atomic_load_explicit(&next, memory_order_relaxed);
  if (unlikely(f == NULL))
    f = find_next();
  if (unlikely(flags & RTLD_DEEPBIND))
    flags = without_deepbind(flags);
  return f(file, flags);
}
