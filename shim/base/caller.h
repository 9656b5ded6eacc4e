/* Entries that programs call, and the code that called them.
 *
 *   caller   the return address of the call: an address in the program's code
 *   frame    the CFA of the entry: the stack pointer before the call
 *
 * `caller()` and `caller_frame()` must stand in the entry itself, not in a function that it calls.
 */
#ifndef SHIM_CALLER_H
#define SHIM_CALLER_H

/* Marks a function that the library exports: malloc and its family, and the others in
 * symbols.map. */
#define exported __attribute__((visibility("default")))

/* The return address of the entry that the program called. */
#define caller() __builtin_return_address(0)

/* The frame of the entry that the program called.  It stands for the request's call site: the
 * return address lies in the word below it, and with rbp as the program left it the stack can be
 * walked from there. */
#define caller_frame() __builtin_dwarf_cfa()

/* The return address of the entry with that frame.  Any thread, signal handlers too, while the
 * entry runs. */
static inline const void *frame_caller(const void *frame) { return ((void *const *)frame)[-1]; }

#endif
