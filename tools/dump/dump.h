/* A dump in memory, verified when it was read: its indices can be used without another check.
 *
 * An index that pointed outside its section (no whole dump has one) was replaced by a stand-in's:
 *
 *   text -> ""    node -> 0, the root    module -> 0, none
 *   arena, site, moment -> the item after the last
 *
 * Nodes of one library that was loaded several times stand in one module (modules.h).
 */
#ifndef TOOLS_DUMP_H
#define TOOLS_DUMP_H

#include "../../shim/dump_format.h"

#include <stdbool.h>
#include <stddef.h>

/* field, struct, section id, name in messages. Names of the fields' counts: n_field. */
#define DUMP_TABLES(X)                                                                             \
  X(processes, dump_process, DUMP_PROCESS, "process")                                              \
  X(arenas, dump_arena, DUMP_ARENAS, "arenas")                                                     \
  X(classes, dump_class, DUMP_CLASSES, "size classes")                                             \
  X(ledger, dump_ledger, DUMP_LEDGER, "ledger")                                                    \
  X(health, dump_health, DUMP_HEALTH, "health")                                                    \
  X(modules, dump_module, DUMP_MODULES, "modules")                                                 \
  X(regions, dump_region, DUMP_REGIONS, "regions")                                                 \
  X(blocks, dump_block, DUMP_BLOCKS, "blocks")                                                     \
  X(accounts, dump_account, DUMP_ACCOUNTS, "accounts")                                             \
  X(sites, dump_site, DUMP_SITES, "call sites")                                                    \
  X(nodes, dump_node, DUMP_NODES, "call paths")                                                    \
  X(moments, dump_moment, DUMP_MOMENTS, "moments")                                                 \
  X(shares, dump_share, DUMP_SHARES, "shares of moments")                                          \
  X(events, dump_event, DUMP_EVENTS, "events")                                                     \
  X(mappings, dump_mapping, DUMP_MAPPINGS, "mappings")                                             \
  X(map_accounts, dump_map_account, DUMP_MAPS_BY_SITE, "mappings by call site")                    \
  X(maps, dump_map, DUMP_MAPS, "ranges mapped")

/* Kind of the stand-in for a site that is lost. */
enum { DUMP_SITE_LOST = UINT32_MAX };

struct dump {
#define DUMP_FIELD(field, type, id, name)                                                          \
  struct type *field;                                                                              \
  uint32_t n_##field;                                                                              \
  bool has_##field; /* its section is there and whole */
  DUMP_TABLES(DUMP_FIELD)
#undef DUMP_FIELD
  const struct dump_process *process; /* never NULL; all zero when lost */
  char *strings;                      /* as the process had them: any bytes */
  char *shown;                        /* the same as they are shown; NULL: no byte differs */
  size_t *shown_from;                 /* of each byte of `strings`: where it is in `shown` */
  uint32_t n_strings;
  bool has_strings;
  bool mapped; /* its accounts are of what the program mapped itself (sites/mapped.h) */
};

/* How many processes a dump is of: more than one where dumps were merged. */
uint32_t dump_processes(const struct dump *d);

/* Frees all of it; NULL is allowed. */
void dump_close(struct dump *d);

/* The text at an offset of d->strings that dump_check has checked, as it is shown (utf8.h). */
const char *dump_text(const struct dump *d, uint64_t offset);

/* That text as the process had it: to open files by, and to compare; must not be printed. */
const char *dump_bytes(const struct dump *d, uint64_t offset);

#endif
