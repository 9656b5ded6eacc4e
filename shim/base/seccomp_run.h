/* Runs a seccomp filter, as the kernel does. */
#ifndef SHIM_SECCOMP_RUN_H
#define SHIM_SECCOMP_RUN_H

#include "base.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

/* What the filter *p answers for the system call *d: SECCOMP_RET_*, with its data.  The kernel must
 * have accepted the filter: then it has no loops, and it ends with an instruction that returns. Any
 * thread, signal handlers too. */
hidden uint32_t seccomp_run(const struct sock_fprog *p, const struct seccomp_data *d);

#endif
