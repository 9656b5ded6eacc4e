/* The metrics: names, types, units and words of what `arenashim metrics` prints and
 * ARENASHIM_METRICS writes.
 *
 *   # TYPE arenashim_class_waste_bytes gauge
 *   # UNIT arenashim_class_waste_bytes bytes
 *   # HELP arenashim_class_waste_bytes Bytes of a size class that ...
 *   arenashim_class_waste_bytes{host="h",program="app",pid="7",class="16"} 4096
 *
 * Names follow the conventions of Prometheus: base units, the unit last, `_total` for what only
 * grows.  All samples have the labels host, program and pid, so that files of several processes
 * can lie in one directory.  The order here is the order of the text; a family follows the other
 * without gaps.  The number of samples is bounded: METRICS_NAMES_MOST names of arenas, 32 size
 * classes, and as many call sites as were asked for; what is left is one sample more, whose label
 * is METRICS_OTHER, of gauges alone: what falls out of such a sum would look like a counter's
 * restart.
 *
 *   text          OpenMetrics 1.0                     Prometheus 0.0.4
 *   a counter     # TYPE name counter                 # TYPE name_total counter
 *   info          # TYPE name info                    # TYPE name_info gauge
 *   unit, end     # UNIT name unit ... # EOF          nothing
 *
 * The second is what node_exporter's textfile directory and `promtool check metrics` read: so a
 * file whose name ends with METRICS_PROMETHEUS has it.
 */
#ifndef SHIM_METRICS_FORMAT_H
#define SHIM_METRICS_FORMAT_H

#define METRICS_PROMETHEUS ".prom"
#define METRICS_OTHER      "(other)"
enum { METRICS_NAMES_MOST = 32 };

enum metric_type { METRIC_INFO, METRIC_GAUGE, METRIC_COUNTER };

/* X(what, name without the suffix of its type, type, unit or "", words) */
#define METRICS(X)                                                                                 \
  X(BUILD, "arenashim_build", METRIC_INFO, "", "Version of libarenashim.so.")                      \
  X(PROCESS, "arenashim_process", METRIC_INFO, "",                                                 \
    "How the process is watched: its tags, requested bytes for each sample (0: exact), and 1 if "  \
    "that is since somebody attached (what was there before is in no call site).")                 \
  X(START, "arenashim_process_start_time_seconds", METRIC_GAUGE, "seconds",                        \
    "When the process began, in UNIX time.")                                                       \
  X(READ, "arenashim_read_timestamp_seconds", METRIC_GAUGE, "seconds",                             \
    "When these figures were read, in UNIX time.")                                                 \
  X(RUNNING, "arenashim_process_running", METRIC_GAUGE, "",                                        \
    "1 if the process was running then, 0 if these are its last figures.")                         \
  X(LIVE, "arenashim_live_bytes", METRIC_GAUGE, "bytes",                                           \
    "Bytes that the program has allocated and not freed; with rounding if it has no tags.")        \
  X(MAPPED, "arenashim_mapped_bytes", METRIC_GAUGE, "bytes",                                       \
    "Bytes that the allocator has mapped.")                                                        \
  X(RESIDENT, "arenashim_resident_bytes", METRIC_GAUGE, "bytes",                                   \
    "Resident bytes of the whole process, by the kernel.")                                         \
  X(LEDGER, "arenashim_ledger_bytes", METRIC_GAUGE, "bytes",                                       \
    "Mapped bytes by what they are for; they add up to arenashim_mapped_bytes.")                   \
  X(SMALL_ALLOCS, "arenashim_small_allocations", METRIC_COUNTER, "",                               \
    "Requests of up to 511 bytes that were served.")                                               \
  X(SMALL_FREES, "arenashim_small_frees", METRIC_COUNTER, "",                                      \
    "Objects of up to 511 bytes that were freed.")                                                 \
  X(LARGE_ALLOCS, "arenashim_large_allocations", METRIC_COUNTER, "",                               \
    "Requests above 511 bytes that were served.")                                                  \
  X(ARENAS, "arenashim_arenas", METRIC_GAUGE, "",                                                  \
    "Arenas whose thread has, or had at its end, that name.")                                      \
  X(ARENA_LIVE, "arenashim_arena_live_bytes", METRIC_GAUGE, "bytes",                               \
    "Live bytes of arenas by their thread's name; without tags those of small objects.")           \
  X(ARENA_OBJECTS, "arenashim_arena_live_objects", METRIC_GAUGE, "",                               \
    "Live objects of arenas by their thread's name; without tags the small ones.")                 \
  X(CLASS_CELLS, "arenashim_class_cells", METRIC_GAUGE, "",                                        \
    "Cells of a size class, by its bytes, that are used and that are free.")                       \
  X(CLASS_ALLOCS, "arenashim_class_allocations", METRIC_COUNTER, "",                               \
    "Requests that a size class has served.")                                                      \
  X(CLASS_FREES, "arenashim_class_frees", METRIC_COUNTER, "",                                      \
    "Objects of a size class that were freed.")                                                    \
  X(CLASS_WASTE, "arenashim_class_waste_bytes", METRIC_GAUGE, "bytes",                             \
    "Bytes of a size class that nobody asked for: free cells, tails and, with tags, rounding.")    \
  X(SITE_LIVE, "arenashim_site_live_bytes", METRIC_GAUGE, "bytes",                                 \
    "Live bytes by call site; with samples an estimate.")                                          \
  X(SITE_OBJECTS, "arenashim_site_live_objects", METRIC_GAUGE, "",                                 \
    "Live objects by call site; with samples an estimate.")                                        \
  X(SITE_WASTE, "arenashim_site_waste_bytes", METRIC_GAUGE, "bytes",                               \
    "Bytes by call site that rounding and free cells of half-empty slabs cost.")                   \
  X(SITE_ALLOCS, "arenashim_site_allocations", METRIC_COUNTER, "",                                 \
    "Allocations by call site; with samples an estimate.")                                         \
  X(SITE_BYTES, "arenashim_site_allocated_bytes", METRIC_COUNTER, "bytes",                         \
    "Bytes that a call site has asked for so far; with samples an estimate.")

enum metric {
#define METRIC_ENUM(what, name, type, unit, words) METRIC_##what,
  METRICS(METRIC_ENUM)
#undef METRIC_ENUM
      METRICS_COUNT
};

struct metric_words {
  const char *name;
  enum metric_type type;
  const char *unit, *help;
};

#endif
