/* The signals that ARENASHIM_SIGNAL can name, and which of them end the process.
 *
 * They are signals whose handler a program can do without: no faults, no job control, none of the
 * two that glibc uses itself.
 */
#ifndef SHIM_SIGNAL_NAMES_H
#define SHIM_SIGNAL_NAMES_H

#include "base.h"

enum { SIGNAL_MAX = 64 }; /* the highest number of a signal */

/* Reads names (USR1, SIGUSR1) and numbers, separated by commas, into *set: bit n - 1 stands for
 * signal n; "" gives the empty set.  False, with *set unchanged, if one of them is not such a
 * signal.  Any thread, any context. */
hidden bool signal_names_read(const char *value, uint64_t *set);

/* Does that signal's default action end this process?  Then the handler raises it again after the
 * report; otherwise the process goes on.  Any thread, signal handlers too. */
hidden bool signal_ends_process(int number);

#endif
