/* Which system calls would end the process, because the program has put itself into a sandbox.
 *
 * A seccomp filter can answer a system call with an error, which does no harm, or end the process.
 * The kernel does not say what a filter would answer, and to read the one file that shows that a
 * filter exists needs a descriptor.  So prctl and syscall, by which programs and libseccomp install
 * filters, are interposed.  They only jump to libc's functions, and after a filter was installed it
 * is run here, on each system call that libc's malloc would not make.
 *
 * A filter holds for the thread that installs it and for those which that one starts; others go on
 * as before.  So each thread has its own answers, and a thread that starts one gives its answers to
 * all.
 *
 * A filter from before exec allows what the loader does, and its errors were seen at the start.  A
 * filter that is installed without libc is not seen.
 *
 * Any thread, signal handlers too; no locks, no memory, no system call.
 */
#ifndef SHIM_SANDBOX_H
#define SHIM_SANDBOX_H

#include "base.h"

/* Our duplicates of the program's descriptors (output_fds.h) have numbers up to this one: filters
 * look at descriptors, too, and each fork copies the table of descriptors up to the highest in use.
 */
enum { OWN_DESCRIPTORS_BELOW = 1024 };

/* Looks up libc's prctl and syscall, or another library's that is preloaded after ours.  In the
 * constructor. */
hidden void sandbox_setup(void);

/* The calling thread is about to start another.  Before it does. */
hidden void sandbox_thread_starts(void);

/* The questions are about the calling thread. */

/* Would writing a report or a dump end the process?  Then none is written. */
hidden bool sandbox_forbids_reports(void);

/* Would one line on stderr end the process? */
hidden bool sandbox_forbids_messages(void);

/* Would blocking signals, as each step of libunwind does, end the process? */
hidden bool sandbox_forbids_masks(void);

/* Would reading a limit of memory, from a file or by a system call, end the process? */
hidden bool sandbox_forbids_limits(void);

/* Would mincore end the process? */
hidden bool sandbox_forbids_mincore(void);

/* Would membarrier end the process? */
hidden bool sandbox_forbids_membarrier(void);

#endif
