/* What the kernel says of this process's memory as a whole: /proc/self/status.  System calls only;
 * errno is kept; signal handlers too. */
#ifndef SHIM_RESIDENT_KERNEL_H
#define SHIM_RESIDENT_KERNEL_H

#include "base.h"

struct kernel_memory {
  uint64_t size, resident, anonymous, swapped, page_tables; /* bytes; 0: not known */
};

/* Sets *k.  The file's text goes into `text`, of which the first `room` bytes are read. */
hidden void kernel_memory_read(struct kernel_memory *k, char *text, size_t room);

#endif
