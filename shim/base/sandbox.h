/* Which system calls would end the process, since the program has put itself into a sandbox.
 *
 * A seccomp filter may answer a system call with an error, which does no harm, or end the process.
 * It cannot be asked, and the one file that says it is there needs a descriptor.  So prctl and
 * syscall, through which libc's users and libseccomp install filters, are interposed: they only
 * jump on, and when a filter has been installed it is run here for each system call that libc's
 * malloc would not make.  A filter from before exec lets the loader work and was met at the start
 * already; one that is installed without libc is not seen.
 *
 * Any thread; no locks, no memory, no system call.
 */
#ifndef SHIM_SANDBOX_H
#define SHIM_SANDBOX_H

#include "base.h"

/* Filters look at descriptors, too.  stderr's copy (sink.h) lies below: each fork copies the table
 * of descriptors up to the highest in use. */
enum { OWN_DESCRIPTORS_BELOW = 1024 };

/* Finds the functions to jump on to. */
hidden void sandbox_setup(void);

/* Would a report or a dump end the process?  Then it is given up. */
hidden bool sandbox_forbids_reports(void);

/* Would one line on stderr? */
hidden bool sandbox_forbids_messages(void);

/* Would holding signals back, as each step by libunwind does? */
hidden bool sandbox_forbids_masks(void);

/* Would membarrier? */
hidden bool sandbox_forbids_membarrier(void);

#endif
