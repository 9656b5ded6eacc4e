/* Where the code of a dump's modules lies: in memory, and in their files. */
#ifndef TOOLS_SEGMENTS_H
#define TOOLS_SEGMENTS_H

#include "dump.h"

struct segment {
  uint64_t start, end; /* addresses of the first executable segment, or of the whole module */
  uint64_t offset;     /* in the file, of start; 0 when the file is not on this machine */
  bool same;           /* the file at its path is there, and by its build-id the one that ran */
};

/* Reads the module's file where it is there, and trusts it only if its build-id is the dump's. */
struct segment segment_find(const struct dump *d, const struct dump_module *m);

#endif
