/* Knows them by what they define; contract in interpreters.h.
 *
 * The loader resolves weak references like any other, at the start; so nothing needs to be looked
 * for, and dlerror has nothing to say to the program.
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
