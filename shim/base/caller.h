/* Entries that programs call, and where they were called from. */
#ifndef SHIM_CALLER_H
#define SHIM_CALLER_H

/* A function that programs find under its name: malloc and its family, and the few others. */
#define exported __attribute__((visibility("default")))

/* The address after the call of the entry that the program called: a code address. */
#define caller() __builtin_return_address(0)

/* Names a request's call site: the CFA of the entry that the program called.  The return address
 * lies in the word below it; with it, and rbp left as it was, the stack can be walked. */
#define caller_frame() __builtin_dwarf_cfa()
static inline const void *frame_site(const void *frame) { return ((void *const *)frame)[-1]; }

#endif
