/* Asks a running program for a dump, before a signal that it may handle itself ends it.
 *
 * Python makes an exception of INT, Ruby of TERM, node and bash tidy up: then they end themselves
 * by the signal's default action, and nothing can write a dump any more.  So each process under
 * `run` has a spare signal, ASK_SIGNAL, for one more dump.
 */
#ifndef TOOLS_RUN_ASK_H
#define TOOLS_RUN_ASK_H

#include <stdbool.h>
#include <sys/types.h>

/* The last but one, which hardly any program uses; and what it adds to ARENASHIM_SIGNAL. */
enum { ASK_SIGNAL = 63 };
#define ASK_SIGNAL_LISTED ",63"

/* Whether a program ends at this signal, unless it handles it. */
bool ask_is_before(int signal);

/* Sends ASK_SIGNAL to the first thread of a child that is not waited for yet, if that has the shim
 * and a handler for the signal, and blocks neither it nor `signal`; true if it was sent.
 *
 * `comes_next`: the caller sends `signal` to the same thread now, and the program is to find itself
 * where it was: it must do nothing of its own between the two.  So this returns when the thread has
 * entered the handler, which blocks all signals (or after a second), and the handler ends when
 * `signal` is there (or a tenth of a second after the dump). */
bool ask_for_dump(pid_t pid, const char *shim, int signal, bool comes_next);

#endif
