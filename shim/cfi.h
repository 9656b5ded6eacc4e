/* Whether a frame's unwind information (.eh_frame) is plain: no more than registers and offsets.
 *
 * libunwind evaluates DWARF expressions by plain loads from whatever address they compute, so it
 * must not be asked with made-up registers about code that has any.
 */
#ifndef SHIM_CFI_H
#define SHIM_CFI_H

#include "../arena/base.h"

/* Finds the loader's function for finding a module's table (glibc 2.35).  False: not there. */
hidden bool cfi_open(void);

/* True if the code at ip has unwind information, without expressions, and is no signal frame.
 * False for whatever is not understood, and for code outside of all modules.  Lock-free,
 * async-signal-safe, allocates nothing; the module must stay. */
hidden bool cfi_is_plain(uintptr_t ip);

#endif
