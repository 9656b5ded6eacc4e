/* What the parts of a merge share (merge.h): a pool of items for each section of the result. */
#ifndef TOOLS_MERGE_PARTS_H
#define TOOLS_MERGE_PARTS_H

#include "merge.h"
#include "pool.h"
#include "trie.h"

/* Texts are numbers of merge.texts; 0 is "".  The fields before the first blank line are keys. */
struct merge_module {
  uint32_t build_id, path_key; /* path_key, low_key and high_key: of a module without a build-id */
  uint64_t low_key, high_key;

  uint64_t low, high; /* addresses in the file */
  uint32_t path;      /* of several the least */
  bool seen, here;    /* here: not unloaded in all of them */
};
struct merge_node {
  uint32_t parent, kind;
  uint32_t module; /* number + 1, 0: none, and of functions */
  uint32_t zero;
  uint64_t value; /* FRAME: offset in the file; LABEL, FUNCTION: text */

  uint32_t of;    /* FUNCTION: a module, as in `module`; of several the least by its key */
  uint32_t depth; /* nodes to the root */
};
struct merge_site {
  uint32_t node, kind;

  struct dump_site sum;
};
struct merge_arena {
  uint32_t name;

  uint32_t count; /* arenas of processes */
  struct dump_arena sum;
};
struct merge_class {
  uint64_t cell_bytes;

  struct dump_class sum;
};
struct merge_ledger {
  uint32_t name, kind;

  uint64_t bytes;
  uint32_t place; /* the least index of such a line */
};
struct merge_health {
  uint32_t name;

  uint32_t flags;
  uint64_t count;
  uint32_t place;
};
struct merge_region {
  uint32_t name, node, state;

  struct dump_region sum;
};
struct merge_map_account {
  uint32_t arena, site; /* arena: number + 1, 0: none */

  struct dump_map_account sum;
};
struct merge_mapping {
  uint32_t kind, name;

  struct dump_mapping sum;
};
struct merge_account {
  uint32_t arena, site;

  struct dump_account sum;
  bool ranged; /* smallest and largest are known */
};

struct merge {
  struct trie *texts;
  struct pool modules, nodes, sites, arenas, classes, ledger, health, regions, accounts, mappings,
      map_accounts;
  struct dump_process process; /* its texts are numbers of texts */
  uint64_t end_ns;             /* UNIX time of the last of them */
  uint32_t untagged;           /* processes without tags */
};

/* to[i] += from[i], or -= : wrapping, so that differences are signed. */
static inline void merge_words(uint64_t *to, const uint64_t *from, size_t count, bool subtract) {
  for (size_t i = 0; i < count; i++)
    to[i] = subtract ? to[i] - from[i] : to[i] + from[i];
}
/* The fields from `first` to `last` of a struct, which are all uint64_t. */
#define MERGE_FIELDS(to, from, first, last, subtract)                                              \
  merge_words(&(to)->first, &(from)->first, (size_t)(&(to)->last - &(to)->first) + 1, subtract)

/* The number of a dump's text, as its process had it. */
static inline uint32_t merge_text(struct merge *m, const struct dump *d, uint64_t offset) {
  return trie_text(m->texts, dump_bytes(d, offset));
}

/* Of each of the dump's nodes that a site with an account, or a region, leads to, the node here; to
 * be freed.  `process`: the text of the outermost frame; 0: none. */
uint32_t *merge_nodes(struct merge *m, const struct dump *d, const struct merge_how *how);

/* The node of a path with `text` as its outermost frame; with text 0 the path itself. */
uint32_t merge_label(struct merge *m, uint32_t node, uint32_t text);

/* The process's item. */
void merge_process(struct merge *m, const struct dump *d, bool subtract);

#endif
