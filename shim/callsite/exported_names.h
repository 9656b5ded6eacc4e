/* Names of exported functions, read from the dynamic symbols that the loader has mapped; no file is
 * opened.
 *
 *   PT_DYNAMIC -> DT_SYMTAB, DT_STRTAB, DT_STRSZ, and DT_HASH or DT_GNU_HASH for their number
 *
 * Only exported functions have names there; a program's own functions have them if it was linked
 * with -rdynamic.  Everything is read by process_vm_readv, which fails with EFAULT where a load
 * would end the program: another thread may be closing the library.  Nothing outside of the module
 * is read.  Where that system call is forbidden, no function has a name.
 *
 * Calls no malloc, takes no lock, and needs less than 1 KiB of stack.
 */
#ifndef SHIM_EXPORTED_NAMES_H
#define SHIM_EXPORTED_NAMES_H

#include "modules.h"

enum {
  EXPORTED_NAME_MAX = 34
}; /* bytes with the final NUL; longer names are cut and end in "..." */

/* The name of the exported function that holds this address of a module that is not gone; NULL:
 * there is none, or it can't be read.  Printable characters only; valid until the next call.  One
 * thread at a time; signal handlers too.  Keeps errno. */
hidden const char *exported_name(const struct module *m, uintptr_t address);

#endif
