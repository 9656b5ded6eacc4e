/* ARENASHIM_SIGNAL: a report, and a dump if one is wanted, when one of its signals arrives. */
#ifndef SHIM_REPORT_SIGNAL_H
#define SHIM_REPORT_SIGNAL_H

#include "options.h"

/* Installs the handler for those signals for which the program has the default action. */
hidden void report_on_signals(const struct options *o);

/* Whether the process ends by that signal, once the handler has written its report. */
hidden bool report_signal_ends(int number);

#endif
