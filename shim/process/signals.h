/* ARENASHIM_SIGNAL: a report, and a dump if one is wanted, when one of its signals arrives. */
#ifndef SHIM_SIGNALS_H
#define SHIM_SIGNALS_H

#include "options.h"

/* Installs the handler for those signals for which the program has the default action. */
hidden void signals_install(const struct options *o);

#endif
