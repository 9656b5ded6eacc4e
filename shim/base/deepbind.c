/* Our dlopen and dlmopen; contract in deepbind.h.
 *
 * The loader looks at dlopen's return address: the caller's RUNPATH, $ORIGIN and namespace decide
 * what is found.  So our dlopen ends with a jump to the real one, which returns to the program
 * itself (deepbind.bats looks at the machine code).
 */
#include "deepbind.h"
#include "caller.h"
#include "libc_names.h"

#include <dlfcn.h>
#include <string.h>

typedef void *open_function(const char *file, int flags);
typedef void *open_in_function(Lmid_t space, const char *file, int flags);

static _Atomic(open_function *) next_open;
static _Atomic(open_in_function *) next_open_in;
static _Atomic uint64_t removed;

uint64_t deepbind_count(void) { return count_get(&removed); }

/* Copies into *function a pointer to the function of that name after ours. */
static cold void find_next(const char *name, void *function) {
  void *found = dlsym(RTLD_NEXT, name);
  memcpy(function, &found, sizeof found);
}

static cold open_function *find_next_open(void) {
  open_function *f;
  find_next("dlopen", &f);
  atomic_store_explicit(&next_open, f, memory_order_relaxed);
  return f;
}

static cold open_in_function *find_next_open_in(void) {
  open_in_function *f;
  find_next("dlmopen", &f);
  atomic_store_explicit(&next_open_in, f, memory_order_relaxed);
  return f;
}

/* The flags of such an open: as they are, if malloc is found in any order. */
static cold int flags_of_deepbind(int flags) {
  if (libc_names_lead_here())
    return flags;
  atomic_fetch_add_explicit(&removed, 1, memory_order_relaxed);
  return flags & ~RTLD_DEEPBIND;
}

exported void *dlopen(const char *file, int flags) {
  open_function *f = atomic_load_explicit(&next_open, memory_order_relaxed);
  if (unlikely(f == NULL))
    f = find_next_open();
  if (unlikely(flags & RTLD_DEEPBIND))
    flags = flags_of_deepbind(flags);
  return f(file, flags);
}

exported void *dlmopen(Lmid_t space, const char *file, int flags) {
  open_in_function *f = atomic_load_explicit(&next_open_in, memory_order_relaxed);
  if (unlikely(f == NULL))
    f = find_next_open_in();
  if (unlikely(flags & RTLD_DEEPBIND) && space == LM_ID_BASE)
    flags = flags_of_deepbind(flags);
  return f(space, file, flags);
}
