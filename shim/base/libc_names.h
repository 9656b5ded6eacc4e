/* Libraries that ask libc first for malloc find ours there.
 *
 *   plugin opened with RTLD_DEEPBIND: malloc?
 *        -> itself, the libraries it needs, among them libc: its table of dynamic symbols
 *             "malloc" | value: our malloc - libc's load address
 *        -> (never reached) the program, this library
 *
 * A search of the loader returns the load address of the library it found the name in, plus the
 * value in that library's table, modulo 2^64.  So a value can lead anywhere, and is changed for
 * every name that libc and this library both export.  What was bound before stays as it was; a name
 * that the plugin or a library of its own defines is found there, as without us.
 *
 * Two kinds of names keep libc's value.  dlopen and dlmopen: after this nothing is left to do for
 * them.  And what we hand on to libc (the mmap family and others), if another preloaded library
 * wraps it between us and libc: that wrapper may ask libc for the name only later, and would find
 * us, who call it.
 */
#ifndef SHIM_LIBC_NAMES_H
#define SHIM_LIBC_NAMES_H

#include "base.h"

/* Changes libc's table, at the first call.  False, now and later: it can't be found, lies between
 * code, or can't be written (a sandbox, a full map table), or another thread takes too long over
 * it.  Before libc_names_open it does nothing and returns false.  Any thread, with the loader's
 * lock held or not; not in a signal handler.  Keeps errno. */
hidden bool libc_names_lead_here(void);

/* From now on the table may be changed: everything that we hand on to libc has been looked up.  The
 * constructor calls it. */
hidden void libc_names_open(void);

#endif
