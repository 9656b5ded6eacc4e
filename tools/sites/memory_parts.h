/* The resident memory of a process in a few parts, by what it is for (DUMP_MAPPINGS).
 *
 *   sum of the parts' resident + swapped + difference = VmRSS + VmSwap, the kernel's numbers
 */
#ifndef TOOLS_MEMORY_PARTS_H
#define TOOLS_MEMORY_PARTS_H

#include "dump.h"

enum memory_part {
  MEMORY_OBJECTS,    /* live objects of malloc, of all sizes */
  MEMORY_ROUNDING,   /* the rest of their cells */
  MEMORY_FRAGMENTED, /* free cells beside live objects */
  MEMORY_IDLE,       /* other free memory of the allocator's */
  MEMORY_TABLES,     /* the allocator's own */
  MEMORY_PROFILER,   /* tags, accounts, call paths; the library itself, and its unwinder */
  MEMORY_STACKS,
  MEMORY_CODE,  /* of the program and its libraries: text, and data that nobody writes */
  MEMORY_DATA,  /* of these: data that was written */
  MEMORY_FILES, /* mapped by the program */
  MEMORY_SHARED,
  MEMORY_MAPPED, /* anonymous, by mmap or brk, not through malloc */
  MEMORY_OTHER,
  MEMORY_PARTS
};

struct memory_sum {
  uint64_t mapped, resident, swapped, trim;
  uint32_t count; /* of mappings, or threads */
};

struct memory_parts {
  const struct dump *dump;
  struct memory_sum part[MEMORY_PARTS];
  struct memory_sum sum;                /* of the parts */
  struct memory_sum kernel;             /* what the kernel says */
  uint64_t page_tables;                 /* the kernel's, beside all of it */
  enum memory_part *of;                 /* each of the dump's mappings; MEMORY_PARTS: none */
  enum memory_part order[MEMORY_PARTS]; /* largest first */
};

/* False if the dump does not say: nothing is to be freed. */
bool memory_parts_new(struct memory_parts *p, const struct dump *d);
void memory_parts_free(struct memory_parts *p);

/* Resident and swapped bytes of a part, and of the process by the kernel. */
uint64_t memory_part_bytes(const struct memory_parts *p, enum memory_part part);
uint64_t memory_whole(const struct memory_parts *p);

/* Resident and swapped bytes of the kernel's that no part has; negative: the parts have more. */
int64_t memory_difference(const struct memory_parts *p);

/* The rows of a part, of all for MEMORY_PARTS, largest first, as indices of the dump's mappings; to
 * be freed. */
uint32_t *memory_rows(const struct memory_parts *p, enum memory_part part, size_t *count);

/* The row of a part that has most bytes; NULL: it has none. */
const struct dump_mapping *memory_largest(const struct memory_parts *p, enum memory_part part);

#endif
