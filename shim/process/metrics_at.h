/* ARENASHIM_METRICS: when the file of metrics is written. */
#ifndef SHIM_METRICS_AT_H
#define SHIM_METRICS_AT_H

#include "base.h"

/* Writes it if it is due.  In slow paths, with the thread's heap whole; keeps errno. */
hidden void metrics_tick(void);

/* In the child of a fork: it has a file of its own, due a second later. */
hidden void metrics_fork_child(void);

#endif
