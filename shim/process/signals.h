/* ARENASHIM_SIGNAL: when one of its signals arrives, a dump is written if ARENASHIM_DUMP is set,
 * and a report if ARENASHIM_STATS is set or ARENASHIM_DUMP is not. */
#ifndef SHIM_SIGNALS_H
#define SHIM_SIGNALS_H

#include "options.h"

/* Installs the handler for those of the option's signals that have their default action.  Once, in
 * the constructor, after all that a report needs. */
hidden void signals_install(const struct options *o);

#endif
