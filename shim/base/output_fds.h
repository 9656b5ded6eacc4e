/* The program's descriptors that reports and dumps are written to, as they were at the start.
 *
 * Programs close their descriptors before the last report, and daemons open other files under the
 * same numbers.  So each is known by its device and inode, and the ones that will be needed are
 * duplicated, close-on-exec, to a number that programs do not use: above the soft limit of
 * descriptors if that is possible, otherwise the highest free one.
 */
#ifndef SHIM_OUTPUT_FDS_H
#define SHIM_OUTPUT_FDS_H

#include "options.h"

/* Remembers which files stderr and the descriptors named by STATS and DUMP are, and duplicates
 * those that a report or dump will be written to.  Once, in the constructor; errno is kept. */
hidden void output_fds_remember(const struct options *o);

/* A descriptor for the file that `number` was at the start: its duplicate, or the number itself if
 * it still is that file; -1 if neither is.  A number that was not remembered is -1, but for a
 * report by call (`on_call`) it means that descriptor as it is now.  Any thread, signal handlers
 * too. */
hidden int output_fd(int number, bool on_call);

#endif
