/* Recognizes interpreters by the functions that they define; contract in interpreters.h.
 *
 * Weak references are resolved by the loader at the start.  So dlsym is not needed, which would
 * leave an error for the program's dlerror.
 */
#include "interpreters.h"

#include <signal.h>

extern void PyOS_setsig(void) __attribute__((weak, visibility("default")));
extern void ruby_sysinit(void) __attribute__((weak, visibility("default")));

bool interpreter_takes(int signal) {
  if (PyOS_setsig != NULL && signal == SIGINT)
    return true;
  return ruby_sysinit != NULL &&
         (signal == SIGINT || signal == SIGHUP || signal == SIGTERM || signal == SIGQUIT);
}
