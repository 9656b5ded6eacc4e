/* The report's table of small size classes.
 *
 * For the thread that holds the report lock, signal handlers too.  Allocates nothing.
 */
#ifndef SHIM_REPORT_CLASSES_H
#define SHIM_REPORT_CLASSES_H

#include "snapshot.h"
#include "text.h"

/* Writes a line for each class that has slabs or had requests.  What does not fit into *t is
 * dropped. */
hidden void report_classes(struct text *t, const struct snapshot *g);

#endif
