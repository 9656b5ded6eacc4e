/* What the parts of a dump that is made of a record share (record.c). */
#ifndef TOOLS_RECORD_PARTS_H
#define TOOLS_RECORD_PARTS_H

#include "image.h"
#include "memory.h"

struct record_work {
  uint32_t numbers_most; /* numbers of nodes and sites are below it (record_paths.c) */
  const struct memory *m;
  struct image *image;
  uint64_t live_bytes, live_objects; /* sums of the arenas' */
  bool *plain;                       /* by arena: it has no tags, though others have */
  struct record_span *spans;         /* modules by address, while nodes are read (record_paths.c) */
  size_t n_spans;
};

static inline const struct record_process *record_process(const struct record_work *w) {
  return &w->m->head.process;
}

/* Are there tags, all or samples?  Are they of all requests? */
static inline bool record_is_tagged(const struct record_work *w) {
  return record_process(w)->tags != DUMP_TAG_OFF;
}
static inline bool record_is_whole(const struct record_work *w) {
  return record_is_tagged(w) && record_process(w)->sample_bytes == 0;
}

/* Of all requests since somebody attached; others are DUMP_SITE_BEFORE's. */
static inline bool record_is_attached(const struct record_work *w) {
  return record_is_whole(w) && (record_process(w)->flags & DUMP_ATTACHED) != 0;
}

/* a - b, of counts that were read one after the other; 0 if that is negative. */
static inline uint64_t record_less(uint64_t a, uint64_t b) { return a > b ? a - b : 0; }

enum { RECORD_ARENAS_MOST = 1 << 15 };

/* Arenas and size classes, from the counters of arenas. */
void record_counts(struct record_work *w);

/* Sites and accounts of what was requested before somebody attached, if somebody has; after
 * record_paths. */
void record_before(struct record_work *w);

/* Accounts, added to the arenas' sums; after record_counts and record_paths. */
void record_accounts(struct record_work *w);

/* How long the objects of accounts lived; after record_accounts. */
void record_lives(struct record_work *w);

/* What the program mapped itself; after record_counts and record_paths. */
void record_mapped(struct record_work *w);

/* The site (DUMP_SITES index + 1) that mapped what lies at `at`; 0: not known.  *until is lowered
 * to where that changes.  After record_mapped. */
uint32_t record_mapped_by(const struct record_work *w, uint64_t at, uint64_t *until);

/* Adds an account to the dump, and to the sums of its arena and of the process. */
void record_account_add(struct record_work *w, const struct dump_account *a);

/* Modules, nodes, sites. */
void record_paths(struct record_work *w);

/* The time axis; after record_paths.  False: the record has none. */
bool record_timeline(struct record_work *w);

/* What is held now, as the axis's last moment, marked DUMP_MOMENT_AT_READING: `lived_ns` after the
 * process's start, with that resident size (0: not known).  After all others that are read here. */
void record_now(struct record_work *w, uint64_t lived_ns, uint64_t resident);

/* Where the memory is, and what was not seen; after record_counts. */
void record_ledger(struct record_work *w, uint64_t resident);
void record_health(struct record_work *w);

/* What the pages of a running process are for; 0: of none. */
void record_mappings(struct record_work *w, pid_t pid);

/* The rows of what the kernel says of it; after all others, from which the page of zeros, which is
 * no memory, is subtracted if the kernel's count of anonymous pages says so. */
void record_kernel(struct record_work *w, pid_t pid);

#endif
