/* What the parts of the dump's writer share.
 *
 *   file:     header | table | strings | process ... regions | blocks ... nodes | moments ...
 *   scratch:                 strings   | process ... regions   (their items, then room for strings)
 *   written:  last                                            | first, as they are read
 *
 * Items of the scratch are made before the large sections are streamed, and what these add up
 * to (an arena's objects, the process's) is put into them on the way.
 */
#ifndef SHIM_DUMP_PARTS_H
#define SHIM_DUMP_PARTS_H

#include "at_peak.h"
#include "dump.h"
#include "dump_out.h"
#include "ledger.h"
#include "memory_limits.h"
#include "path_tree.h"
#include "record_format.h"
#include "resident.h"
#include "scratch.h"
#include "tag_mode.h"

/* The table: first the small sections, then as many that are streamed. */
enum { SMALL_SECTIONS = DUMP_REGIONS, STREAMED_SECTIONS = 10, HEALTH_LINES = 17 };
enum { DUMP_SECTIONS = SMALL_SECTIONS + STREAMED_SECTIONS };

/* Where a label's text is among the strings; by node. */
struct label_text {
  uint32_t node, text;
};

/* A module that stands: sorted by address. */
struct module_span {
  uintptr_t start, end;
  uint32_t module; /* index + 1 */
};

struct dump_work {
  enum dump_reason reason;
  bool added_up; /* the call sites: this is another try, at a second place */
  int signal;
  struct limit_use limit; /* for DUMP_AT_LIMIT */
  bool untouched;         /* limit.bytes has memory in it that nobody has touched */
  struct snapshot g;
  struct ledger ledger;
  struct resident resident;
  struct at_peak at_peak;                                   /* with tags */
  uint64_t live_bytes;                                      /* of all arenas, with tags */
  unsigned heaps, modules, regions, classes, labels, spans; /* how many of each */
  struct scratch scratch;
  size_t strings_room, strings_bytes;

  /* In the scratch, in the file's order. */
  struct dump_process *process;
  struct dump_arena *arena;
  struct dump_class *class;
  struct dump_ledger *lines;
  struct dump_health *health;
  struct dump_module *module;
  struct dump_region *region;

  uint64_t *allocs; /* of each arena */
  struct label_text *label;
  struct module_span *span;
  char *strings;
  struct dump_event *event;
  unsigned events;

  unsigned moments;
  struct record_axis_moment moment[RECORD_MOMENTS];

  struct dump_section table[DUMP_SECTIONS];
  struct dump_out out;
};

/* Counts, maps the scratch memory and makes all items of the small sections.  Returns false without
 * memory.  After snapshot_begin and ledger_read. */
hidden bool dump_tables(struct dump_work *w);

/* Makes the nodes that stand for the addresses in region rows.  Before anything is counted. */
hidden void dump_region_nodes(void);

/* Are an arena's objects the sum of its accounts? */
static inline bool dump_arena_is_sum(const struct heap *h) {
  return h->tagged || tagged_since_attach();
}

/* Streams the large sections to the file, and adds up what the small ones say of them. */
hidden void dump_streams(struct dump_work *w);

/* The time axis: its events, with their texts, after dump_tables; then the sections that are
 * streamed, in this order. */
enum { DUMP_EVENTS_MOST = RECORD_MARKS + RECORD_EVENTS };
hidden void dump_events_read(struct dump_work *w);
hidden void dump_moments(struct dump_work *w);
hidden void dump_shares(struct dump_work *w);
hidden void dump_events(struct dump_work *w);

/* The resident ledger: its names, put into the strings after dump_tables; then its section. */
hidden void dump_mapping_names(struct dump_work *w);
hidden void dump_mappings(struct dump_work *w);

/* The program's own mappings: two sections. */
hidden void dump_map_accounts(struct dump_work *w);
hidden void dump_maps(struct dump_work *w);

/* Copies a text of at most `most` bytes to the strings; returns its offset, 0 if there is no room.
 */
hidden uint32_t dump_string(struct dump_work *w, const char *s, size_t most);

#endif
