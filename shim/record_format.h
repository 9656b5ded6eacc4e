/* The record: the books of a process as they lie in its memory, and in the file of
 * ARENASHIM_RECORD; for readers outside of the process.  The rules by which it is written stand in
 * arena/pieces.h; the shim checks at compile time that these structs are the ones that it writes.
 *
 *   head ── piece[] ──> RECORD_HEAD      this struct
 *                       RECORD_COUNTS    a struct record_counts each RECORD_COUNTS_BYTES: arenas
 *                       RECORD_ACCOUNTS  struct record_account: what an arena knows of a call site
 *                       RECORD_NODES     struct record_node: call paths, in two trees
 *                       RECORD_MODULES   struct record_module: files that code was run from
 *                       RECORD_TEXT      texts, which end with a NUL
 *                       RECORD_TIMELINE  a struct record_timeline: what was held, over time
 *                       RECORD_SHARES    struct record_shares: by whom, if there are tags; these
 *                                        two stand in record_axis_format.h
 *                       RECORD_MAPPED    struct record_mapped: what the program mapped itself
 *                       RECORD_LIVES     struct record_lives: how long a call site's objects lived
 *
 * A piece lies at `address` in the process, and at `offset` in the file.  Fields called `..._at`
 * are addresses in the process, of a text.  A table's items that are not used yet are zero.  A
 * reader must check everything: the process goes on while it reads, and anybody may have written
 * into a file.
 *
 * All numbers are little-endian, of fixed width, at natural alignment.  Another `major` is another
 * format; a greater `minor` has further fields where this one has zeros, and further kinds.
 *
 *   1.1 added RECORD_TIMELINE, RECORD_SHARES and timeline_first.
 *   1.2 added RECORD_MAPPED, RECORD_LIVES, where the memory lies, the thread pointer of an arena,
 *       large_live, pid_namespace, and of arenas tagged, large_tagged and large_tagged_bytes,
 *       RECORD_NODE_OUTER and RECORD_NODE_JOINT.
 */
#ifndef SHIM_RECORD_FORMAT_H
#define SHIM_RECORD_FORMAT_H

#include "dump_format.h"
#include "record_axis_format.h"

#define RECORD_MAGIC "\211ARECORD" /* 8 bytes */

enum {
  RECORD_MAJOR = 1,
  RECORD_MINOR = 2,
  RECORD_PIECES_MAX = 1024,
  RECORD_USER_BYTES = (16 << 10) - 64,
  RECORD_PAGE = 4096, /* the head begins at a multiple of it in memory */
  RECORD_COUNTS_BYTES = 2048,
  RECORD_CLASSES = 33 /* size classes: class c has cells of 16 c bytes, and there is none of 0 */
};

enum record_kind {
  RECORD_HEAD = 1,
  RECORD_COUNTS = 2,
  RECORD_ACCOUNTS = 3,
  RECORD_NODES = 4,
  RECORD_MODULES = 5,
  RECORD_TEXT = 6,
  RECORD_TIMELINE = 7,
  RECORD_SHARES = 8,
  RECORD_MAPPED = 10,
  RECORD_LIVES = 11,
  RECORD_SLABS = 100 /* of readers: struct record_slab, copied out of a running process */
};

struct record_piece {
  uint64_t address;
  uint64_t offset;
  uint64_t bytes; /* 0: no piece */
  uint32_t kind;
  uint32_t zero;
};
static_assert(sizeof(struct record_piece) == 32, "format");

/* Lines of DUMP_HEALTH, name and flags, that records and dumps have in common. */
#define RECORD_HEALTH                                                                              \
  {"frames learned from unwind information", 0}, {"call paths finished by the unwinder", 0},       \
      {"call paths cut short", 0}, {"of these, cut at code without unwind information", 0},        \
      {"requests before the start, their call path the caller alone", 0},                          \
      {"requests of the unwinder itself", 0},                                                      \
      {"requests for whose call path the tables had no room", DUMP_PROBLEM},                       \
      {"large objects without a tag: no memory for it", DUMP_PROBLEM},                             \
      {"call paths compared with the unwinder's own answer", 0}, {                                 \
    "call paths that differ from the unwinder's own answer", DUMP_PROBLEM                          \
  }
enum { RECORD_HEALTH_LINES = 10, RECORD_HEALTH_MOST = 16 };

/* The text of a RECORD_NODE_MARK. */
#define RECORD_MARK_TEXT "no unwind information"

enum record_refusal {
  RECORD_NOT_REFUSED = 0,
  RECORD_REFUSED_EXACT = 1,    /* there are tags since the start */
  RECORD_REFUSED_DISABLED = 2, /* ARENASHIM_DISABLE */
  RECORD_REFUSED_MEMORY = 3    /* the system refuses memory for tags */
};

enum record_state {
  RECORD_RUNNING = 1, /* also of a process that was killed */
  RECORD_ENDED = 2    /* it wrote its last dump, or has reached its end */
};

/* Written by others: what they ask of the process.  It reads this in slow paths, and nothing it
 * finds here can harm it.  `sequence` is written last, one more than it was. */
struct record_control {
  uint32_t sequence;
  uint32_t depth;        /* frames of a call path, 1..64 */
  uint64_t sample_bytes; /* from now on one request is recorded for each so many bytes; 1: each,
                            0: none */
};

/* What concerns the whole process; kept in the head. */
struct record_process {
  uint32_t state; /* enum record_state */
  uint32_t pid, ppid;
  uint32_t tags;   /* enum dump_tags (dump_format.h) */
  uint32_t depth;  /* frames asked for */
  uint32_t flags;  /* enum dump_process_flag */
  uint32_t arenas; /* how many were made */
  uint32_t nodes;  /* of call paths: numbers are below that */
  uint64_t sample_bytes;
  uint64_t block_bytes, slab_bytes;
  uint64_t start_ns;   /* UNIX time when it began */
  uint64_t start_mono; /* the same moment by CLOCK_MONOTONIC */
  uint64_t heaps_at;   /* address of arena 0's state, which is private; the others follow it,
                          RECORD_COUNTS_BYTES each */
  uint64_t slabs_at;   /* address of the first struct record_slab, which are private */

  /* Gauges: as of changed_mono, which is by CLOCK_MONOTONIC_COARSE; mapped, large_mapped and
   * large_live may be newer. */
  uint64_t changed_mono;
  uint64_t mapped;       /* bytes that the allocator has mapped */
  uint64_t large_mapped; /* of these, by jemalloc */
  uint64_t resident;     /* of the process; 0: not read */
  uint64_t span_bytes;   /* of blocks of small objects */
  uint64_t tables_bytes; /* of tags and tables */
  uint64_t unused[2];    /* 0 since version 1.2 */

  struct record_control control;
  uint32_t seen;          /* the sequence that the process has seen last */
  uint32_t refused;       /* enum record_refusal: why it did not do what that asked */
  uint64_t attached_mono; /* when samples were first asked for, by CLOCK_MONOTONIC; 0: never */

  uint64_t health[RECORD_HEALTH_MOST]; /* counts of RECORD_HEALTH, in that order */

  char program[64], host[64], version[16];
  char command[4096]; /* the program and the number of its arguments, or all of them */
  char options[1024]; /* NAME=VALUE, separated by blanks, as resolved */

  uint32_t timeline_first; /* moments and events with lower numbers were the parent's of a fork */
  uint32_t zero;

  /* Where the memory of a running process lies, for readers of its pages; addresses of tables that
   * are private.  The allocator's rows lie from rows_at to data_at, tags from tags_at to rows_at.
   * */
  uint64_t data_at; /* the first slab's memory */
  uint64_t span_at; /* address of a uint64_t: bytes of slabs; span_bytes as they are now */
  uint64_t rows_at, tags_at;
  uint64_t owned_at; /* RECORD_OWNED of struct record_owned */
  uint64_t
      page_map_at;  /* jemalloc's pages: an address for each RECORD_LEAF_PAGES pages, 0 or that of
                           a byte a page: 0 not jemalloc's, RECORD_PAGE_HUGE a huge object,
                           RECORD_PAGE_IDLE and a size class an object that was freed,
                           RECORD_PAGE_TAGGED objects of less than a page, with tags */
  uint64_t idle_at; /* RECORD_IDLE of struct record_idle: pages that huge objects left */
  uint64_t idle_count_at; /* address of a uint32_t: how many of these are used */

  uint64_t large_live; /* bytes of large objects, with rounding; each thread may have changed 1 MiB
                          since */

  uint64_t pid_namespace; /* in which `pid` counts: the inode of /proc/PID/ns/pid; 0: not known */
};
static_assert(sizeof(struct record_process) <= RECORD_USER_BYTES, "it fits into the head");

struct record_head {
  char magic[8];
  uint16_t major, minor;
  uint32_t head_bytes;
  uint32_t pieces;              /* items of `piece` to look at */
  uint32_t private_pieces;      /* further ones found no room in the file */
  uint64_t file_bytes;          /* of the file, as far as it is used; 0: there is none */
  int64_t peak_live, peak_most; /* live bytes, with tags: known to 1/1024 of the peak */
  uint32_t peak_epoch, peak_restart;
  uint64_t zero;
  struct record_process process;
  char rest[RECORD_USER_BYTES - sizeof(struct record_process)];
  struct record_piece piece[RECORD_PIECES_MAX];
};
static_assert(sizeof(struct record_head) == 64 + RECORD_USER_BYTES + RECORD_PIECES_MAX * 32,
              "format");

/* An arena, by size class where there are RECORD_CLASSES.  As of its thread's last slow path:
 *
 *   allocations = known - forked     frees = freed - forked     carved cells = passed - freed
 */
struct record_counts {
  uint64_t passed[RECORD_CLASSES];
  uint64_t known[RECORD_CLASSES];
  uint64_t freed[RECORD_CLASSES];
  uint64_t remote[RECORD_CLASSES]; /* frees by other threads: part of freed */
  uint64_t forked[RECORD_CLASSES]; /* before this process was forked off */
  uint64_t forked_remote[RECORD_CLASSES];
  uint64_t total_blocks;
  uint64_t carved_peak; /* upper bound of the peak of live bytes */
  uint64_t live_peak;   /* with tags: highest live bytes */
  uint64_t large_allocs, large_frees;
  uint32_t threads; /* served, one after another */
  uint32_t thread;  /* kernel's id of the thread that has it; 0: none */
  uint32_t joined;  /* the sequence of the control word that its thread has seen last */
  uint32_t tagged;  /* 1: its objects have tags, all of them.  Since 1.2, and where somebody has
                       attached, its thread has another arena beside it, without */
  char name[16];
  uint64_t pointer; /* thread pointer of `thread`, or of the last one; libc keeps it in its stack */
  uint64_t large_tagged, large_tagged_bytes; /* tagged large objects that live, where not all do */
};

/* Of a running process: pages that the library mapped for huge objects, and for its tables.  Those
 * with a start above 1 are used. */
struct record_owned {
  uint64_t start, bytes;
};
struct record_idle {
  uint64_t start, bytes;
  uint64_t rest;
};
enum {
  RECORD_OWNED = 8192,
  RECORD_IDLE = 128,
  RECORD_LEAF_PAGES = 1 << 18,
  RECORD_PAGE_IDLE = 180,
  RECORD_PAGE_TAGGED = 254,
  RECORD_PAGE_HUGE = 255
};

/* Of a running process, one for each slab_bytes of span_bytes: a slab of cells of one size class.
 * Cells that were freed and wait in their slab are in no counter:
 *
 *   waiting = carved - used
 *   used    = countdown + uncounted, or, where freed_to is not the address of `free`: start + ...
 */
struct record_slab {
  uint64_t owner; /* address of an arena's state; 0: none */
  uint64_t freed_to;
  int32_t countdown, uncounted, start;
  uint32_t carved;
  uint32_t reciprocal;
  uint16_t capacity;
  uint8_t size_class, state;
  uint64_t free; /* and two more words */
  uint64_t links[2];
};
static_assert(sizeof(struct record_slab) == 64, "format");

/* Valid if allocs is not 0.  Its sums are meant as in DUMP_ACCOUNTS; what other threads freed and
 * the owner has not counted yet is
 *
 *   remote_freed_... - remote_booked_...
 */
struct record_account {
  uint64_t allocs, frees;
  uint64_t bytes;
  uint64_t live_bytes, live_rounded;
  uint64_t peak_bytes;
  uint64_t temporary;
  uint16_t smallest, largest; /* of small requests; RECORD_NO_SMALL: none */
  uint32_t epoch;             /* of the last change; RECORD_REMOTE_LARGE is a flag in it */
  uint64_t at_peak_bytes, at_peak_objects; /* held at the process's peak, if epoch is peak_epoch */
  uint64_t large_allocs, large_smallest, large_largest;
  uint64_t remote_large_objects, remote_large_bytes, remote_large_cells;
  uint64_t remote_freed_bytes, remote_freed_objects;
  uint64_t remote_freed_before_bytes, remote_freed_before_objects;
  uint32_t remote_freed_epoch;
  uint32_t site;
  uint64_t remote_booked_bytes, remote_booked_objects;
  uint32_t arena;
  uint32_t zero;
};
static_assert(sizeof(struct record_account) == 192, "format");
enum { RECORD_NO_SMALL = 512 };
#define RECORD_REMOTE_LARGE UINT32_C(0x80000000)

/* How long an arena's objects of a call site lived, as in DUMP_ACCOUNTS.  Valid if restart is the
 * head's peak_restart and not 0. */
struct record_lives {
  uint64_t lives[DUMP_LIVES];
  uint32_t site, arena;
  uint32_t restart;
  uint32_t zero;
};
static_assert(sizeof(struct record_lives) == 128, "format");

enum record_mapped_what {
  RECORD_MAPPED_NONE = 0,
  RECORD_MAPPED_ACCOUNT = 1, /* as DUMP_MAPS_BY_SITE */
  RECORD_MAPPED_RANGE = 2,   /* as DUMP_MAPS, in no order */
  RECORD_MAPPED_SUM = 3      /* of all accounts: live, peak, epoch, and missed calls */
};

/* Valid if `what` is not 0; written last, and set to 0 before anything else changes. */
struct record_mapped {
  uint32_t what;  /* enum record_mapped_what */
  uint32_t arena; /* its number + 1; 0: none */
  uint32_t site;
  uint16_t kind, protection; /* of a range */
  union {
    struct {
      uint64_t allocs; /* of the sum: calls that could not be booked */
      uint64_t bytes, live_bytes, peak_bytes;
      uint64_t at_peak_bytes; /* if epoch is that of the sum; else live_bytes were held then */
      uint64_t epoch;
    } account; /* and sum */
    struct {
      uint64_t start, end, offset;
      uint64_t flags;
      uint64_t zero[2];
    } range;
  };
};
static_assert(sizeof(struct record_mapped) == 64, "format");

/* Call sites below RECORD_SITE_KINDS have no path. */
enum record_site {
  RECORD_SITE_UNTAGGED = 0,
  RECORD_SITE_START = 1,
  RECORD_SITE_UNWINDER = 2,
  RECORD_SITE_FULL = 3,
  RECORD_SITE_KINDS = 4
};

enum record_node_kind {
  RECORD_NODE_NONE = 0,
  RECORD_NODE_FRAME = 1,
  RECORD_NODE_LABEL = 2, /* address is that of a text */
  RECORD_NODE_MARK = 3,  /* the path ends here: its next frame has no unwind information */
  RECORD_NODE_OUTER = 4, /* a frame of the second tree */
  RECORD_NODE_JOINT = 5  /* the path goes on in the second tree, at the node of number `address` */
};

/* The first tree has a path's inner frames, innermost first; the second the outer frames of long
 * paths, outermost first, and their marks.  What DUMP_NODES says of them holds here, too. */
struct record_node {
  uint64_t address; /* return address; of a module that has left: see path_tree.h, NODE_DEAD */
  uint32_t number;
  uint32_t parent; /* number of a node, less than its own; 0: the root of its tree */
  uint32_t site;   /* the call site whose path ends here; 0: none */
  uint32_t kind;   /* enum record_node_kind; written last */
};
static_assert(sizeof(struct record_node) == 24, "format");

/* Of a node's address: bit 63 says that the module has left; then bits 47..62 are its number, or
 * RECORD_DEAD_LAST for an address as it was, and the rest an offset from its start. */
#define RECORD_NODE_DEAD (UINT64_C(1) << 63)
enum { RECORD_ADDRESS_BITS = 47, RECORD_DEAD_LAST = (1 << 16) - 1 };

struct record_module {
  uint64_t start, end, bias;
  uint64_t path_at;
  uint32_t number;
  uint32_t gone; /* 1: it has left */
  uint32_t build_id_bytes;
  uint32_t used; /* 1: the item is valid; written last */
  unsigned char build_id[64];
};
static_assert(sizeof(struct record_module) == 112, "format");

#endif
