/* What of a dump goes into its page; contract in html_data.h. */
#include "html_data.h"
#include "axis.h"
#include "html_json.h"
#include "html_memory.h"
#include "html_sites.h"
#include "recorded.h"
#include "say.h"
#include "when.h"

#include <stdlib.h>

/* Of process, shim and host. */
static const struct column process_columns[] = {
    COLUMN(dump_process, pid),          COLUMN(dump_process, ppid),
    COLUMN_TEXT(dump_process, program), COLUMN_TEXT(dump_process, command),
    COLUMN_TEXT(dump_process, host),    COLUMN_TEXT(dump_process, version),
    COLUMN_TEXT(dump_process, options), COLUMN(dump_process, reason),
    COLUMN(dump_process, signal),       COLUMN(dump_process, flags),
    COLUMN(dump_process, tags),         COLUMN(dump_process, depth),
    COLUMN(dump_process, unix_time),    COLUMN(dump_process, sample_bytes),
    COLUMN(dump_process, block_bytes),  COLUMN(dump_process, slab_bytes),
    COLUMN(dump_process, live_objects), COLUMN(dump_process, live_bytes),
    COLUMN(dump_process, peak_bytes),   {0}};

static const struct column arena_columns[] = {COLUMN(dump_arena, number),
                                              COLUMN_TEXT(dump_arena, name),
                                              COLUMN(dump_arena, threads),
                                              COLUMN(dump_arena, flags),
                                              COLUMN(dump_arena, total_allocs),
                                              COLUMN(dump_arena, total_size),
                                              COLUMN(dump_arena, total_blocks),
                                              COLUMN(dump_arena, total_block_size),
                                              COLUMN(dump_arena, total_big_blocks),
                                              COLUMN(dump_arena, live_objects),
                                              COLUMN(dump_arena, live_bytes),
                                              COLUMN(dump_arena, peak_bytes),
                                              COLUMN(dump_arena, frees),
                                              COLUMN(dump_arena, remote_frees),
                                              {0}};

static const struct column class_columns[] = {
    COLUMN(dump_class, cell_bytes),     COLUMN(dump_class, slabs),
    COLUMN(dump_class, in_use),         COLUMN(dump_class, free),
    COLUMN(dump_class, uncarved_bytes), COLUMN(dump_class, tail_bytes),
    COLUMN(dump_class, allocs),         COLUMN(dump_class, frees),
    COLUMN(dump_class, live_bytes),     {0}};

static const struct column ledger_columns[] = {
    COLUMN_TEXT(dump_ledger, name), COLUMN(dump_ledger, kind), COLUMN(dump_ledger, bytes), {0}};

static const struct column health_columns[] = {
    COLUMN_TEXT(dump_health, name), COLUMN(dump_health, flags), COLUMN(dump_health, count), {0}};

static const struct column module_columns[] = {COLUMN_TEXT(dump_module, path),
                                               COLUMN_TEXT(dump_module, build_id),
                                               COLUMN(dump_module, flags),
                                               {0}};

static const struct column moment_columns[] = {COLUMN(dump_moment, time_ns),
                                               COLUMN(dump_moment, live_bytes),
                                               COLUMN(dump_moment, mapped_bytes),
                                               COLUMN(dump_moment, resident_bytes),
                                               COLUMN(dump_moment, allocs),
                                               COLUMN(dump_moment, flags),
                                               {0}};

static const struct column block_columns[] = {
    COLUMN(dump_block, number), COLUMN(dump_block, arena),
    COLUMN(dump_block, bytes),  COLUMN(dump_block, passed),
    COLUMN(dump_block, slabs),  COLUMN(dump_block, in_use),
    COLUMN(dump_block, age),    {0}};

/* The names of the sections that are lost. */
static void lost_write(const struct dump *d, struct terms *strings, FILE *to) {
#define SECTION(field, type, id, name) {d->has_##field, name},
  const struct {
    bool whole;
    const char *name;
  } sections[] = {DUMP_TABLES(SECTION){d->has_strings, "names"}};
#undef SECTION
  uint32_t lost[sizeof sections / sizeof *sections], count = 0;
  for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
    if (!sections[i].whole)
      lost[count++] = terms_add(strings, sections[i].name);
  static const struct column columns[] = {{"name", 0, sizeof *lost, false}, {0}};
  html_table(&(struct table_json){"lost", columns, lost, sizeof *lost, count, NULL}, strings, to);
}

/* At which moment of the process the dump was made, in words. */
static void moment_write(const struct dump *d, struct terms *strings, FILE *to) {
  char *when = dump_when(d, 0), *recorded = dump_recorded(d);
  char *words =
      must_print("%s%s%s", when, recorded != NULL ? ", " : "", recorded != NULL ? recorded : "");
  uint32_t number = terms_add(strings, words);
  static const struct column columns[] = {{"words", 0, sizeof number, false}, {0}};
  html_table(&(struct table_json){"moment", columns, &number, sizeof number, 1, NULL}, strings, to);
  free(words);
  free(recorded);
  free(when);
}

/* What happened, in words. */
static void events_write(const struct dump *d, struct terms *strings, FILE *to) {
  struct page_event {
    uint64_t time_ns;
    uint32_t kind, words;
  } *events = must_zalloc((size_t)d->n_events + 1, sizeof *events);
  static const struct column columns[] = {
      COLUMN(page_event, time_ns), COLUMN(page_event, kind), COLUMN(page_event, words), {0}};
  for (uint32_t i = 0; i < d->n_events; i++) {
    char *words = axis_event_words(d, &d->events[i]);
    events[i] =
        (struct page_event){d->events[i].time_ns, d->events[i].kind, terms_add(strings, words)};
    free(words);
  }
  html_table(&(struct table_json){"events", columns, events, sizeof *events, d->n_events, NULL},
             strings, to);
  free(events);
}

static void tables_write(const struct dump *d, struct terms *strings, FILE *to) {
#define TABLE(id, columns, field) TABLE_OF(id, columns, field, d->n_##field)
#define TABLE_OF(id, columns, field, count)                                                        \
  html_table(&(struct table_json){id, columns, d->field, sizeof *d->field, count, d}, strings, to)
  TABLE_OF("process", process_columns, processes,
           d->n_processes > 0 ? 1 : 0); /* others mean nothing */
  TABLE("arenas", arena_columns, arenas);
  TABLE("classes", class_columns, classes);
  TABLE("ledger", ledger_columns, ledger);
  TABLE("health", health_columns, health);
  TABLE("modules", module_columns, modules);
  TABLE("blocks", block_columns, blocks);
  TABLE("moments", moment_columns, moments);
#undef TABLE_OF
#undef TABLE
}

void html_data_write(const struct dump *d, const struct option_names *names, FILE *to) {
  struct terms *strings = terms_new();
  struct session session;
  session_open(&session, d, names, ROW_PATH);
  terms_add(strings, "");
  lost_write(d, strings, to);
  moment_write(d, strings, to);
  html_memory_write(&session, strings, to);
  tables_write(d, strings, to);
  events_write(d, strings, to);
  html_sites_write(&session, strings, to);
  html_strings(strings, to);
  terms_free(strings);
  session_close(&session);
}
