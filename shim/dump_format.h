/* The dump: the one format that the shim writes and the `arenashim` command reads.
 *
 *   offset 0          struct dump_header    magic, version, sizes, checksum
 *   header_bytes      struct dump_section   x section_count: the table
 *   each its offset   items of a section    a multiple of 8, padded with zeros to one
 *
 * Rules
 *   All numbers are little-endian, of fixed width, at natural alignment, without padding; there are
 *   no pointers.  Text is an offset into DUMP_STRINGS, where it ends with a NUL; offset 0 is "".
 *   An index refers to an item of the section named beside it.
 *   Checksums are CRC-32 IEEE (zlib's crc32: reflected polynomial 0xEDB88320, all ones before and
 *   inverted after).  A section's covers its items and their padding up to a multiple of 8; the
 *   header's covers header and table with the field `crc` taken as zero.  So no byte of a file is
 *   without one.  A reader drops a damaged or cut section as a whole, and that section alone.  So
 *   write small and precious sections first (the order of enum dump_section_id), large ones last.
 *
 *   All sections of version 1.0 are there, if only with 0 items, one after the other without gaps.
 *
 * Changes
 *   A minor version may add sections, fields at the end of items, and values of enums.  Readers
 *   skip sections they don't know, and read of larger items the prefix they know; fields they
 *   know and the file lacks read as zero.  Items never get smaller than in version 1.0.
 *   Anything else is a new major version, which older readers refuse.
 *
 *   1.1 added start_ns, lived_ns and DUMP_LAST.
 *   1.2 added DUMP_AT_LIMIT, the fields limit_*, DUMP_MOMENTS, DUMP_SHARES and DUMP_EVENTS.
 *   1.3 added lives, DUMP_MAPPINGS, DUMP_MAPS_BY_SITE, DUMP_MAPS, and the fields resident_bytes and
 *       swapped_bytes of DUMP_SITES.
 *   1.3 added DUMP_MERGED, the field processes, and DUMP_NODE_FUNCTION.
 *   1.3 added DUMP_ATTACHED and DUMP_SITE_BEFORE.
 *   1.3 added DUMP_NODE_OUTER and DUMP_NODE_JOINT.
 *
 * The tables suit a reader of a running process: nodes and sites are append-only, a node's parent
 * stands before it, and each counter stays at its place.
 *
 * Items of the sections about mappings stand in dump_maps_format.h.
 */
#ifndef SHIM_DUMP_FORMAT_H
#define SHIM_DUMP_FORMAT_H

#include "dump_maps_format.h"

#include <assert.h>
#include <stdint.h>

/* 8 bytes that no text file starts with and that text modes break: \211 A R E N A CR LF. */
#define DUMP_MAGIC "\211ARENA\r\n"

enum {
  DUMP_MAJOR = 1,
  DUMP_MINOR = 3,
  DUMP_ALIGN = 8,         /* of every section's offset */
  DUMP_DEPTH_MAX = 1024,  /* nodes from a site to the root, labels included */
  DUMP_BUILD_ID_MAX = 64, /* bytes of a module's build-id */
  DUMP_LIVES = 14,        /* classes of objects by how long they lived, each four times as long */
  DUMP_SECTIONS_MAX = 256 /* in one file */
};

struct dump_header {
  char magic[8];
  uint16_t major, minor;
  uint32_t header_bytes;  /* of this struct: where the table starts */
  uint64_t file_bytes;    /* of the whole file: less means it was cut */
  uint32_t section_count; /* items of the table */
  uint32_t section_bytes; /* of one item of the table */
  uint32_t crc;
  uint32_t zero;
};
static_assert(sizeof(struct dump_header) == 40, "format");

enum dump_section_id {
  DUMP_STRINGS = 1,
  DUMP_PROCESS = 2,
  DUMP_ARENAS = 3,
  DUMP_CLASSES = 4,
  DUMP_LEDGER = 5,
  DUMP_HEALTH = 6,
  DUMP_MODULES = 7,
  DUMP_REGIONS = 8,
  DUMP_BLOCKS = 9,
  DUMP_ACCOUNTS = 10,
  DUMP_SITES = 11,
  DUMP_NODES = 12,
  DUMP_MOMENTS = 13,
  DUMP_SHARES = 14,
  DUMP_EVENTS = 15,
  DUMP_MAPPINGS = 16,
  DUMP_MAPS_BY_SITE = 17,
  DUMP_MAPS = 19
};

struct dump_section {
  uint32_t id; /* enum dump_section_id; each at most once */
  uint32_t item_bytes;
  uint64_t offset; /* from the start of the file */
  uint64_t items;
  uint32_t crc;
  uint32_t zero;
};
static_assert(sizeof(struct dump_section) == 32, "format");

/* DUMP_STRINGS has items of one byte; first and last are NUL. */

enum dump_reason {
  DUMP_AT_EXIT = 0,
  DUMP_ON_SIGNAL = 1,
  DUMP_ON_CALL = 2,
  DUMP_AT_LIMIT = 3,
  DUMP_FROM_OUTSIDE = 4, /* made of the books of a process that was running (record_format.h) */
  DUMP_AFTER_END = 5,    /* made of a record whose process wrote no dump: it was killed, or became
                            another program by exec */
  DUMP_MERGED = 6        /* the sums of dumps, made by `arenashim merge` */
};
/* What DUMP_AT_LIMIT is about: mapped memory reached a size that the user gave, or a share of a
 * limit of the system's. */
enum dump_limit {
  DUMP_LIMIT_NONE = 0,
  DUMP_LIMIT_SIZE = 1,          /* bytes that the allocator has mapped */
  DUMP_LIMIT_CGROUP = 2,        /* of the memory of a cgroup, and of all processes in it */
  DUMP_LIMIT_ADDRESS_SPACE = 3, /* RLIMIT_AS */
  DUMP_LIMIT_DATA = 4           /* RLIMIT_DATA */
};
enum dump_tags { DUMP_TAG_OFF = 0, DUMP_TAG_SITE = 1, DUMP_TAG_STACK = 2, DUMP_TAG_VERIFY = 3 };
enum dump_process_flag {
  DUMP_FORK_CHILD = 1,       /* counts start at the fork; what lived then counts as allocated */
  DUMP_PEAK_BOUND = 2,       /* peak_bytes is an upper bound */
  DUMP_LARGE_STALE = 4,      /* jemalloc's figures are those of its last safe refresh */
  DUMP_LAST = 8,             /* on a signal: it ends the process after this */
  DUMP_NO_UNWINDER = 16,     /* more frames were asked for, but libunwind.so.8 was not there */
  DUMP_LIMIT_UNTOUCHED = 32, /* limit_used has memory in it that nobody had touched yet */
  DUMP_OF_RECORD = 64,       /* made of a record: no blocks, no regions, no pinned cells, of classes
                               neither slabs nor requested bytes */
  DUMP_REPLACED = 128,       /* DUMP_AFTER_END: by exec its process became another program */
  DUMP_PARTIAL = 256, /* DUMP_MERGED: sums are too low: dumps were left out, lack parts or had
                                no tags */
  DUMP_ATTACHED = 512 /* tags were switched on while it ran, for all requests: what was
                                requested without tags has accounts of DUMP_SITE_BEFORE */
};

/* DUMP_PROCESS: one item. */
struct dump_process {
  uint32_t pid, ppid;
  uint32_t program, command, host; /* text: as %e and %h have the names; the command is the
                                      program and the number of its arguments, or all of them */
  uint32_t version;                /* text: of the shim */
  uint32_t options;                /* text: NAME=VALUE, separated by blanks, as resolved */
  uint32_t reason;                 /* enum dump_reason */
  uint32_t signal;                 /* its number, for DUMP_ON_SIGNAL, and DUMP_AFTER_END if known */
  uint32_t flags;                  /* enum dump_process_flag */
  uint32_t tags;                   /* enum dump_tags */
  uint32_t depth;                  /* frames asked for: N of stack:N */
  uint64_t unix_time;
  uint64_t sample_bytes; /* 0: exact; else mean bytes a tag; accounts are estimates */
  uint64_t block_bytes, slab_bytes;
  uint64_t live_objects, live_bytes; /* sums of the arenas' */
  uint64_t peak_bytes; /* largest value that live_bytes had; sampled: with noise, so too high */
  uint64_t
      start_ns; /* UNIX time when it began, by exec or by the fork: the same in all its dumps */
  uint64_t lived_ns;    /* from then to this dump, by a clock that nobody sets */
  uint64_t limit_bytes; /* for DUMP_AT_LIMIT: the limit */
  uint64_t limit_used;  /* what was used of it, in bytes */
  uint32_t limit_kind;  /* enum dump_limit */
  uint32_t processes;   /* whose sums these are, for DUMP_MERGED; else 0 */
};
static_assert(sizeof(struct dump_process) == 144, "format"); /* 104 in version 1.0, 120 in 1.1 */

enum dump_arena_flag {
  DUMP_ARENA_RUNNING = 1,   /* its thread runs: as of its last slow path */
  DUMP_ARENA_PEAK_BOUND = 2 /* peak_bytes is an upper bound */
};

/* DUMP_ARENAS: threads' arenas.  A free is counted here by the owner, also if another
 * thread frees.  With tags the
 * objects are the sum of its accounts, those of jemalloc included; without tags they are those
 * of the small classes alone. */
struct dump_arena {
  uint32_t number;
  uint32_t name;    /* text */
  uint32_t threads; /* served, one after another */
  uint32_t flags;   /* enum dump_arena_flag */
  uint64_t total_allocs;
  uint64_t total_size; /* requested bytes; with rounding when tags are off */
  uint64_t total_blocks, total_block_size;
  uint64_t total_big_blocks; /* requests that went to jemalloc */
  uint64_t live_objects;
  uint64_t live_bytes;   /* requested; equals live_rounded when tags are off */
  uint64_t live_rounded; /* with rounding */
  uint64_t peak_bytes;
  uint64_t frees, remote_frees; /* remote: of these, by other threads */
};
static_assert(sizeof(struct dump_arena) == 104, "format");

/* DUMP_CLASSES: small size classes, all arenas together. */
struct dump_class {
  uint64_t cell_bytes;
  uint64_t slabs;
  uint64_t in_use, free; /* cells */
  uint64_t uncarved_bytes, tail_bytes;
  uint64_t allocs, frees;
  uint64_t live_bytes; /* requested by what is in use; 0 when tags are off */
};
static_assert(sizeof(struct dump_class) == 72, "format");

enum dump_ledger_kind {
  DUMP_LEDGER_LINE = 0,
  DUMP_LEDGER_TOTAL = 1,   /* mapped, by its own counter; equals the sum of the lines */
  DUMP_LEDGER_RESIDENT = 2 /* beside them: what the kernel says */
};

/* DUMP_LEDGER: every mapped byte by what it is for. */
struct dump_ledger {
  uint32_t name; /* text */
  uint32_t kind; /* enum dump_ledger_kind */
  uint64_t bytes;
};
static_assert(sizeof(struct dump_ledger) == 16, "format");

enum dump_health_flag {
  DUMP_PROBLEM = 1, /* a count above 0 makes the figures doubtful */
  DUMP_NOTE = 2     /* a count above 0 is worth a line after a run; the figures hold */
};

/* DUMP_HEALTH: what was not seen, or seen in part. */
struct dump_health {
  uint32_t name;  /* text */
  uint32_t flags; /* enum dump_health_flag */
  uint64_t count;
};
static_assert(sizeof(struct dump_health) == 16, "format");

enum dump_module_flag { DUMP_MODULE_GONE = 1 }; /* was unloaded; others may lie there now */

/* DUMP_MODULES: files that code was run from. */
struct dump_module {
  uint64_t start, end; /* addresses, end exclusive */
  uint64_t bias;       /* address in the process - address in the file */
  uint32_t path;       /* text */
  uint32_t build_id;   /* text: lower-case hexadecimal, of a longer one the first
                          DUMP_BUILD_ID_MAX bytes; "" when the file has none */
  uint32_t flags;      /* enum dump_module_flag */
  uint32_t zero;
};
static_assert(sizeof(struct dump_module) == 40, "format");

enum dump_region_state { DUMP_REGION_LIVE = 1, DUMP_REGION_ENDED = 2 };

/* DUMP_REGIONS: region arenas; the fields mean what they mean in arena/attach.h. */
struct dump_region {
  uint32_t name;  /* text */
  uint32_t node;  /* DUMP_NODES: path of its creation, 0 when not known */
  uint32_t state; /* enum dump_region_state */
  uint32_t zero;
  uint64_t total_allocs, total_size;
  uint64_t total_blocks, total_block_size, total_big_blocks;
  uint64_t used, reserved, peak;
  uint64_t destroyed;
};
static_assert(sizeof(struct dump_region) == 88, "format");

/* DUMP_BLOCKS: what arenas hold. */
struct dump_block {
  uint32_t number;
  uint32_t arena;  /* DUMP_ARENAS index + 1; 0: no arena has it */
  uint64_t bytes;  /* of the block */
  uint64_t passed; /* bytes passed out as slabs */
  uint64_t slabs;  /* of these, with a class */
  uint64_t in_use; /* bytes of cells in use */
  uint64_t born;   /* allocations of its arena when it took the block */
  uint64_t age;    /* allocations of its arena since */
};
static_assert(sizeof(struct dump_block) == 56, "format");

/* DUMP_ACCOUNTS: one for each pair of arena and site that ever met. */
struct dump_account {
  uint32_t arena; /* DUMP_ARENAS index */
  uint32_t site;  /* DUMP_SITES index */
  uint64_t allocs, frees;
  uint64_t bytes; /* requested, ever */
  uint64_t live_objects;
  uint64_t live_bytes;      /* requested */
  uint64_t live_rounded;    /* with rounding */
  uint64_t peak_bytes;      /* largest value that live_bytes had */
  uint64_t at_peak_objects; /* alive when the process's live bytes peaked */
  uint64_t at_peak_bytes;   /* requested, by those */
  uint64_t temporary;       /* objects freed within the burst that allocated them */
  uint64_t smallest, largest;
  uint64_t pinned_bytes; /* free cells of slabs that its live objects keep; sampled: not known, 0 */
  uint64_t large_allocs; /* of allocs, those that went to jemalloc */
  /* Freed objects by how long they lived, in allocations of their arena: 0..3, 4..15, 16..63, ...,
   * the last: all longer lives.  An estimate from one object in 256 (of the first ones from more),
   * without large ones that another thread freed; sampled: not known, 0. */
  uint32_t lives[DUMP_LIVES];
};
static_assert(sizeof(struct dump_account) == 176, "format"); /* 120 before version 1.3 */

enum dump_site_kind {
  DUMP_SITE_PATH = 0,
  DUMP_SITE_START = 1,    /* before the options were known */
  DUMP_SITE_UNWINDER = 2, /* inside the unwinder */
  DUMP_SITE_FULL = 3,     /* the tables were full */
  DUMP_SITE_UNTAGGED = 4, /* any other without a tag */
  DUMP_SITE_ENDED = 5,    /* reserved: no version has written it */
  DUMP_SITE_REGION = 6,   /* reserved, likewise; readers number rows of regions with it */
  DUMP_SITE_BEFORE = 7    /* without a tag, because nobody was attached.  Accounts of these sites,
                             which stand last, have one size class of arenas each, all bytes with
                             rounding; or all large objects, by arena 0 */
};

/* DUMP_SITES: append-only. */
struct dump_site {
  uint32_t node;           /* DUMP_NODES: outermost frame of its path; 0 when it has none */
  uint32_t kind;           /* enum dump_site_kind */
  uint64_t resident_bytes; /* of its live objects: their share of pages that are in memory, */
  uint64_t swapped_bytes;  /* and in swap; both 0 where that is not known */
};
static_assert(sizeof(struct dump_site) == 24, "format"); /* 8 before version 1.3 */

enum dump_node_kind {
  DUMP_NODE_ROOT = 0,
  DUMP_NODE_FRAME = 1,
  DUMP_NODE_LABEL = 2, /* a tag that the program pushed with arenashim_push_tag; or
                           the mark that ends a path whose next frame is not known */
  DUMP_NODE_FUNCTION =
      3,               /* a frame known by its function alone, as merge --by-function writes it */
  DUMP_NODE_OUTER = 4, /* a frame of the second tree */
  DUMP_NODE_JOINT = 5  /* a path goes on in the second tree */
};

/* DUMP_NODES: all paths, as a tree that grows from the allocation outwards, append-only.
 *
 *   node 0, root <- innermost frame (who called malloc) <- its caller <- ... <- a site's node
 *
 * So paths that start alike share nodes.  A label may stand anywhere in a path; nearest to the root
 * is the natural place, for that is where a capture starts.
 *
 * Since 1.3 the outer frames of long paths stand in a second tree, which grows from main inwards:
 *
 *   0 <- outermost frame, or the mark <- the frame that it called <- ... <- outer node
 *
 * A joint ends the inner part of a path, its parent; its address is the index of the outer node
 * that follows, and from there on parents lead outwards. */
struct dump_node {
  uint32_t parent;  /* DUMP_NODES: one frame further in; OUTER: further out; less than the node's
                     * own index */
  uint32_t module;  /* DUMP_MODULES index + 1; 0: none is known */
  uint64_t address; /* FRAME: the absolute return address; LABEL, FUNCTION: text; JOINT: an OUTER
                     * or LABEL node's index, less than its own */
  uint32_t kind;    /* enum dump_node_kind */
  uint32_t zero;
};
static_assert(sizeof(struct dump_node) == 24, "format");

/* DUMP_MOMENTS: the time axis, in the order of time: what the process held.  There are at most 256
 * moments, which cover its whole life, the last minutes most finely; and one more that a reader
 * of the process or its record adds. */
enum dump_moment_flag {
  DUMP_MOMENT_TAGGED = 1,    /* there are shares */
  DUMP_MOMENT_AT_READING = 2 /* the last one: what the books said when they were read (1.3) */
};
struct dump_moment {
  uint64_t time_ns;    /* since the process began */
  uint64_t live_bytes; /* requested; without tags: cells of small objects, and large objects, of
                          which each thread may have changed 1 MiB since */
  uint64_t mapped_bytes;
  uint64_t resident_bytes; /* 0: not read */
  uint64_t allocs;         /* so far */
  uint64_t rest_bytes;     /* with tags: live_bytes = rest_bytes + sum of the moment's shares */
  uint32_t flags;          /* enum dump_moment_flag */
  uint32_t zero;
};
static_assert(sizeof(struct dump_moment) == 56, "format");

/* DUMP_SHARES: what a call site held at a moment, at most 64 for a moment: those that held most
 * then, or in another moment. */
struct dump_share {
  uint32_t moment; /* DUMP_MOMENTS index */
  uint32_t site;   /* DUMP_SITES index */
  uint64_t bytes;
};
static_assert(sizeof(struct dump_share) == 16, "format");

enum dump_event_kind {
  DUMP_EVENT_MARK = 1,   /* arenashim_mark; text: its name */
  DUMP_EVENT_FORK = 2,   /* this process made a child */
  DUMP_EVENT_DUMP = 3,   /* a dump was written; value: the signal's number, or 0 */
  DUMP_EVENT_LIMIT = 4,  /* mapped bytes passed ARENASHIM_DUMP_AT; value: the limit */
  DUMP_EVENT_ATTACH = 5, /* tags were switched on */
  DUMP_EVENT_DETACH = 6
};

/* DUMP_EVENTS: in the order of time.  The newest 64 marks, and the newest 32 of all others. */
struct dump_event {
  uint64_t time_ns; /* since the process began */
  uint64_t value;
  uint32_t kind;  /* enum dump_event_kind */
  uint32_t text;  /* text */
  uint32_t count; /* of that kind one after the other, of which this was the first; at least 1 */
  uint32_t zero;
};
static_assert(sizeof(struct dump_event) == 32, "format");

#endif
