/* Names of functions without a file opened: from the dynamic symbols that the loader has mapped.
 *
 *   PT_DYNAMIC -> DT_SYMTAB, DT_STRTAB, DT_STRSZ, and DT_HASH or DT_GNU_HASH for their number
 *
 * Only exported functions have names there; a program's own functions have them if it was linked
 * with -rdynamic.  Everything is read by process_vm_readv, which answers EFAULT where a load
 * would end the program: another thread may be closing the library.  What lies outside of the
 * module is not looked at.  Where that system call is forbidden, nothing has a name.
 *
 * No malloc, no lock, no stack to speak of; signal handlers too; one caller at a time.
 */
#ifndef SHIM_EXPORTED_NAMES_H
#define SHIM_EXPORTED_NAMES_H

#include "modules.h"

enum { DYNAMIC_NAME_MAX = 34 }; /* bytes with the final NUL; longer names end in "..." */

/* The exported function that holds this address of a module that is not gone; NULL: none does, or
 * it can't be told.  Printable characters only; valid until the next call. */
hidden const char *dynamic_name(const struct module *m, uintptr_t address);

#endif
