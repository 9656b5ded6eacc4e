/* A frame of a call path as it is shown, and whether it is of the program's own code.
 *
 * Own is what stands neither in a library of the system nor in a source that came with it; the
 * C++ library's templates, compiled into the program, are the library's.
 */
#ifndef TOOLS_FRAME_H
#define TOOLS_FRAME_H

#include "dump.h"

/* Texts live as long as the names of the dump do. */
struct frame {
  const char *function; /* demangled, without parameters; NULL: not known */
  const char *label;    /* in place of a function: a tag of the program's own; else NULL */
  const char *cut;      /* in place of a function: "(cut at 8 frames)"; else NULL */
  const char *type;     /* that it allocates by a wrapper or container; NULL: not known */
  const char *file;     /* of the source, with directories; NULL: not known */
  unsigned line;        /* of the call; 0: not known */
  uint32_t module;      /* index + 1, 0: none */
  uint64_t address;     /* the absolute return address */
  uint64_t start;       /* absolute, of the function's code; 0: not known, or inlined */
  bool inlined;         /* into the frame that comes next */
};

/* Whether a source file came with the system's compilers, headers and Rust's library above all;
 * whether a module is a library of the system, or the shim.  None is the program's own. */
bool is_system_source(const char *file);
bool is_system_library(const char *path);

/* Whether a frame is the program's own.  Where no source is known, a function of the program's own
 * module will do. */
bool frame_is_own(const struct dump *d, const struct frame *f);

#endif
