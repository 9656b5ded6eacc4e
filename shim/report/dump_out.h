/* Sections written one after the other through a buffer, their checksums computed on the way.
 *
 * One writer at a time.  The first failure sets `failed` and errno; what follows is not written.
 */
#ifndef SHIM_DUMP_OUT_H
#define SHIM_DUMP_OUT_H

#include "base.h"
#include "dump_format.h"

enum { DUMP_BUFFER_BYTES = 64 << 10 };

struct dump_out {
  int fd;
  bool failed; /* errno is that of the first failure */
  uint64_t offset;
  struct dump_section *section; /* the one under way */
  size_t used;
  _Alignas(8) char buffer[DUMP_BUFFER_BYTES];
};

/* Begins: the first section will stand at `offset` of the file, in bytes. */
hidden void dump_out_start(struct dump_out *o, int fd, uint64_t offset);

/* Between the two, items of item_bytes (a multiple of 8) are added; *s is filled in as they come.
 */
hidden void dump_section_begin(struct dump_out *o, struct dump_section *s, uint32_t id,
                               uint32_t item_bytes);
hidden void dump_section_end(struct dump_out *o);

/* Room for the section's next item, to be filled as a whole before the next call. */
hidden void *dump_item(struct dump_out *o);

/* Writes bytes at any place of the file. */
hidden void dump_out_at(struct dump_out *o, uint64_t offset, const void *p, size_t bytes);

/* Copies what o->fd has to a descriptor that cannot be sought in. */
hidden void dump_out_copy(struct dump_out *o, int to);

#endif
