/* The 20 C++ operators new and delete, in C under their mangled names.
 *
 * All 20 are here, because a plugin of a C program would otherwise bind the missing ones to
 * libstdc++'s.  libstdc++ itself is needed only when a new fails, and is found only if the program
 * has loaded it.  This file is built with -fexceptions, so that the exception that libstdc++ throws
 * for us passes through our functions.
 */
#include "caller.h"
#include "check.h"
#include "route.h"

#include <dlfcn.h>
#include <errno.h>

typedef void new_handler(void);
extern new_handler *get_new_handler(void) __asm__("_ZSt15get_new_handlerv") __attribute__((weak));
extern void throw_bad_alloc(void) __asm__("_ZSt17__throw_bad_allocv") __attribute__((weak));

/* A function of libstdc++, which can have been loaded after us, in the private scope of a plugin;
 * NULL if libstdc++ is not loaded. */
static void *find(const char *name) {
  void *library = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
  return library == NULL
             ? NULL
             : dlsym(library, name); /* the handle is never closed, so that the library stays */
}

typedef new_handler *handler_getter(void);

static new_handler *current_handler(void) {
  handler_getter *get =
      get_new_handler != NULL ? get_new_handler : (handler_getter *)find("_ZSt15get_new_handlerv");
  return get != NULL ? get() : NULL;
}

/* alignment GRAIN: none was asked for.  NULL with errno after a failure. */
static void *try_new(size_t n, size_t alignment, const void *frame) {
  if (alignment <= GRAIN)
    return any_alloc(n, frame);
  if (!is_power_of_two(alignment)) {
    errno = EINVAL;
    return NULL;
  }
  return aligned_any(alignment, n, frame);
}

/* What the standard asks for in [new.delete.single]: call the new-handler and try again, until
 * there is memory, the handler throws, or there is no handler; then throw bad_alloc. */
static cold void *new_failed(size_t n, size_t alignment, const void *frame) {
  for (;;) {
    new_handler *handler = current_handler();
    if (handler == NULL)
      break;
    handler();
    void *p = try_new(n, alignment, frame);
    if (p != NULL)
      return p;
  }
  void (*throw_it)(void) = throw_bad_alloc;
  if (throw_it == NULL)
    throw_it = (void (*)(void))find("_ZSt17__throw_bad_allocv");
  if (throw_it != NULL)
    throw_it();
  check(false, "operator new failed in a program without libstdc++: no exception to throw");
  return NULL;
}

/* A nothrow form must catch what the new-handler throws, and C has no catch.  libstdc++'s nothrow
 * forms call the throwing operator, which is ours, in a try block: they are called when memory is
 * short. */
static cold void *nothrow_failed(const char *name, size_t n, size_t alignment, const void *tag) {
  void *theirs = find(name);
  if (theirs == NULL)
    return NULL;
  if (alignment <= GRAIN)
    return ((void *(*)(size_t, const void *))theirs)(n, tag);
  return ((void *(*)(size_t, size_t, const void *))theirs)(n, alignment, tag);
}

#define THROWING(name)                                                                             \
  void *name(size_t n);                                                                            \
  exported void *name(size_t n) {                                                                  \
    void *p = any_alloc(n, caller_frame());                                                        \
    return likely(p != NULL) ? p : new_failed(n, GRAIN, caller_frame());                           \
  }
#define THROWING_ALIGNED(name)                                                                     \
  void *name(size_t n, size_t alignment);                                                          \
  exported void *name(size_t n, size_t alignment) {                                                \
    void *p = try_new(n, alignment, caller_frame());                                               \
    return likely(p != NULL) ? p : new_failed(n, alignment, caller_frame());                       \
  }
#define NOTHROW(name)                                                                              \
  void *name(size_t n, const void *tag);                                                           \
  exported void *name(size_t n, const void *tag) {                                                 \
    void *p = any_alloc(n, caller_frame());                                                        \
    return likely(p != NULL) ? p : nothrow_failed(#name, n, GRAIN, tag);                           \
  }
#define NOTHROW_ALIGNED(name)                                                                      \
  void *name(size_t n, size_t alignment, const void *tag);                                         \
  exported void *name(size_t n, size_t alignment, const void *tag) {                               \
    void *p = try_new(n, alignment, caller_frame());                                               \
    return likely(p != NULL) ? p : nothrow_failed(#name, n, alignment, tag);                       \
  }
/* One definition for all signatures: size, alignment and the nothrow tag come in registers that we
 * do not read. */
#define DELETING(name, entry)                                                                      \
  void name(void *p);                                                                              \
  exported void name(void *p) { any_free(p, entry, DIRECT); }

THROWING(_Znwm)
THROWING(_Znam)
THROWING_ALIGNED(_ZnwmSt11align_val_t)
THROWING_ALIGNED(_ZnamSt11align_val_t)
NOTHROW(_ZnwmRKSt9nothrow_t)
NOTHROW(_ZnamRKSt9nothrow_t)
NOTHROW_ALIGNED(_ZnwmSt11align_val_tRKSt9nothrow_t)
NOTHROW_ALIGNED(_ZnamSt11align_val_tRKSt9nothrow_t)

DELETING(_ZdlPv, "delete")
DELETING(_ZdaPv, "delete[]")
DELETING(_ZdlPvm, "delete")
DELETING(_ZdaPvm, "delete[]")
DELETING(_ZdlPvSt11align_val_t, "delete")
DELETING(_ZdaPvSt11align_val_t, "delete[]")
DELETING(_ZdlPvmSt11align_val_t, "delete")
DELETING(_ZdaPvmSt11align_val_t, "delete[]")
DELETING(_ZdlPvRKSt9nothrow_t, "delete")
DELETING(_ZdaPvRKSt9nothrow_t, "delete[]")
DELETING(_ZdlPvSt11align_val_tRKSt9nothrow_t, "delete")
DELETING(_ZdaPvSt11align_val_tRKSt9nothrow_t, "delete[]")
