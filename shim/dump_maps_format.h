/* The dump's sections about mappings: part of its format (dump_format.h), whose rules hold here.
 *
 *   DUMP_MAPPINGS       every page of the process, by what it is for
 *   DUMP_MAPS_BY_SITE   what the program mapped itself, by call site
 *   DUMP_MAPS           the ranges of these that are mapped now
 */
#ifndef SHIM_DUMP_MAPS_FORMAT_H
#define SHIM_DUMP_MAPS_FORMAT_H

#include <assert.h>
#include <stdint.h>

/* What the pages of a process are for. */
enum dump_mapping_kind {
  DUMP_MAPPING_NONE = 0,

  /* Our slabs.  The bytes of a page are shared out by what lies on them: */
  DUMP_MAPPING_OBJECTS = 1,  /* live objects; without tags with their rounding */
  DUMP_MAPPING_ROUNDING = 2, /* with tags: the rest of their cells */
  DUMP_MAPPING_PINNED = 3,   /* free cells of slabs that a live object keeps */
  DUMP_MAPPING_FREE = 4,     /* free cells of slabs without a live object */
  DUMP_MAPPING_UNCARVED = 5, /* parts of slabs that never were cells */
  DUMP_MAPPING_EMPTY = 6,    /* slabs of no size class, and parts of blocks that are no slabs yet */

  DUMP_MAPPING_LARGE = 7,        /* jemalloc's: live objects, with their rounding */
  DUMP_MAPPING_LARGE_IDLE = 8,   /* free pages, and free places on pages in use */
  DUMP_MAPPING_LARGE_TABLES = 9, /* its metadata */
  DUMP_MAPPING_HUGE = 10,        /* huge objects, beside jemalloc */
  DUMP_MAPPING_HUGE_IDLE = 11,   /* pages that huge objects left */

  DUMP_MAPPING_ROWS = 12,   /* the allocator's rows of slabs, blocks and arenas */
  DUMP_MAPPING_TAGS = 13,   /* a word for each cell */
  DUMP_MAPPING_TABLES = 14, /* accounts, call paths, modules, the time axis, this report's memory */

  DUMP_MAPPING_STACK = 15,      /* a thread's; name: the thread's */
  DUMP_MAPPING_MAIN_STACK = 16, /* the main thread's */
  DUMP_MAPPING_TLS = 17,        /* the main thread's thread-local storage, made by the loader */

  /* Private mappings of a file; name: its path.  A program or a library is a file with TEXT. */
  DUMP_MAPPING_TEXT = 18,      /* executable */
  DUMP_MAPPING_READ_ONLY = 19, /* read-only */
  DUMP_MAPPING_RELOCATED = 20, /* of these, pages that were written before they became so */
  DUMP_MAPPING_DATA = 21,      /* writable */
  DUMP_MAPPING_BSS = 22,       /* anonymous, right behind DATA */

  DUMP_MAPPING_SHARED_FILE = 23,
  DUMP_MAPPING_SHARED_MEMORY = 24, /* System V, memfd, /dev/shm, shared anonymous */
  DUMP_MAPPING_BREAK = 25,         /* [heap]: brk and sbrk */
  DUMP_MAPPING_VDSO = 26,
  DUMP_MAPPING_ANONYMOUS = 27, /* mapped by the program (`site`), libc or the loader */
  DUMP_MAPPING_RESERVED = 28,  /* inaccessible addresses, which use no memory */

  DUMP_MAPPING_PAGE_TABLES = 29, /* the kernel's, which no other row and no RSS contains */
  DUMP_MAPPING_KERNEL = 30 /* VmSize, VmRSS and VmSwap: what the rows before should add up to */
};

/* DUMP_MAPPINGS: every page of the process by what it is for.  Without items: the kernel did not
 * let the process read its own pages, or they were not recorded.
 *
 *   sum of resident + swapped of the rows = that of DUMP_MAPPING_KERNEL, but for what changed
 * meanwhile
 */
struct dump_mapping {
  uint32_t kind;                      /* enum dump_mapping_kind */
  uint32_t name;                      /* text: a path, a thread's name; else "" */
  uint64_t start;                     /* address of the first of its mappings; 0: many places */
  uint64_t mapped, resident, swapped; /* bytes */
  uint64_t anonymous; /* of resident: not a file's, so that only swap could free it */
  uint64_t shared;    /* of anonymous: other processes have these pages, too */
  uint64_t trim;      /* of resident: what malloc_trim would give back, by the allocator's tables */
  uint64_t
      depth; /* of stacks: bytes from the lowest page that was touched to the top; sum of all */
  uint64_t guard; /* of threads' stacks: inaccessible bytes below; sum of all */
  uint32_t count; /* mappings, or for stacks threads, that this row is the sum of */
  uint32_t site;  /* of ANONYMOUS and BREAK: DUMP_SITES index + 1 of who mapped it; 0: not known */
};
static_assert(sizeof(struct dump_mapping) == 88, "format");

/* DUMP_MAPS_BY_SITE: what the program mapped itself, by mmap, mremap, brk, sbrk and shmat, and the
 * stacks of its threads, by pthread_create: one for each pair of arena and site that ever did.
 * Exact, also with samples.  Address space, of which the program may have touched a part only; no
 * byte of it is in DUMP_ACCOUNTS, in live_bytes or in DUMP_LEDGER.  Mappings that libc, the loader
 * and system calls of the program's own made are not in it. */
struct dump_map_account {
  uint32_t arena;  /* DUMP_ARENAS index + 1; 0: its thread had none */
  uint32_t site;   /* DUMP_SITES index */
  uint64_t allocs; /* calls that mapped */
  uint64_t bytes;  /* that they mapped, ever */
  uint64_t ranges; /* mapped now: those that were unmapped in part count each part */
  uint64_t live_bytes;
  uint64_t peak_bytes;    /* largest value that live_bytes had */
  uint64_t at_peak_bytes; /* live when the sum of all accounts was largest */
};
static_assert(sizeof(struct dump_map_account) == 56, "format");

enum dump_map_kind {
  DUMP_MAP_UNKNOWN = 0, /* mremap of a mapping that libc or the loader made */
  DUMP_MAP_ANONYMOUS = 1,
  DUMP_MAP_FILE = 2,
  DUMP_MAP_SEGMENT = 3, /* System V shared memory */
  DUMP_MAP_BREAK = 4,   /* brk and sbrk */
  DUMP_MAP_STACK = 5    /* a thread's, with its guard; by the call of pthread_create */
};

/* DUMP_MAPS: the ranges of these that are mapped now, in the order of addresses, none overlapping
 * another.  The kernel merges neighbours in /proc/PID/smaps, and splits them where mprotect made a
 * difference. */
struct dump_map {
  uint64_t start, end; /* addresses, end exclusive */
  uint64_t offset;     /* of the first byte in its file or segment */
  uint32_t arena;      /* as in DUMP_MAPS_BY_SITE */
  uint32_t site;
  uint32_t kind;       /* enum dump_map_kind */
  uint32_t protection; /* PROT_... when it was mapped */
  uint32_t flags;      /* MAP_... of mmap */
  uint32_t zero;
};
static_assert(sizeof(struct dump_map) == 48, "format");

#endif
