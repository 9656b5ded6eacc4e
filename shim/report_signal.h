/* ARENASHIM_SIGNAL: a report, and a dump if one is wanted, when a signal arrives. */
#ifndef SHIM_REPORT_SIGNAL_H
#define SHIM_REPORT_SIGNAL_H

#include "../arena/base.h"

/* Installs the handler if the program has the default action for that signal. */
hidden void report_on_signal(int number);

#endif
