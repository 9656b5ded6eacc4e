/* Rows of processes; contract in ps_rows.h. */
#include "ps_rows.h"
#include "json.h"
#include "table.h"
#include "tags.h"
#include "top_watch.h"
#include "top_words.h"

#include <stdlib.h>

static int process_compare(const void *a, const void *b) {
  const struct ps_process *x = a, *y = b;
  uint64_t p = x->dump->process->live_bytes, q = y->dump->process->live_bytes;
  return p != q ? (p > q ? -1 : 1) : x->pid - y->pid;
}

static void processes_sort(struct ps_process *processes, size_t count) {
  if (count > 0)
    qsort(processes, count, sizeof *processes, process_compare);
}

static uint64_t resident_of(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_ledger; i++)
    if (d->ledger[i].kind == DUMP_LEDGER_RESIDENT)
      return d->ledger[i].bytes;
  return 0;
}

static void row_print(const struct ps_process *p, struct table *t, bool exact) {
  const struct dump_process *of = p->dump->process;
  char number[16], time[TOP_WORDS_MAX], *tags = tags_words(p->dump);
  bool small_alone = !top_watch_has_sites(p->dump);
  snprintf(number, sizeof number, "%d", p->pid);
  if (exact)
    snprintf(time, sizeof time, "%.1f", (double)of->lived_ns / 1e9);
  else
    top_words_time(of->lived_ns, time);
  table_words(t, number);
  table_number(t, UNIT_BYTES, small_alone ? ">=" : of->sample_bytes > 0 ? "~" : "", of->live_bytes);
  table_number(t, UNIT_BYTES, "", resident_of(p->dump));
  table_number(t, UNIT_COUNT, "", p->dump->n_arenas);
  table_words(t, time);
  table_words(t, tags);
  table_words(t, *p->container != '\0' ? p->container : "-");
  table_text(t, dump_text(p->dump, of->program));
  free(tags);
}

void ps_table_print(struct ps_process *processes, size_t count, FILE *to) {
  static const char *const titles[] = {"pid",  "live",      "resident", "arenas", "running for",
                                       "tags", "container", "program",  NULL};
  static const char *const spare[] = {"arenas", "container", "running for", "tags", NULL};
  unsigned width = table_width(to);
  processes_sort(processes, count);
  struct table *t = table_new(titles, width);
  table_spare(t, spare);
  for (size_t i = 0; i < count; i++)
    row_print(&processes[i], t, width == 0);
  table_end(t, to);
}

static void line_print(const struct ps_process *p, FILE *to) {
  const struct dump_process *of = p->dump->process;
  struct json_object *line = json_object_must();
  char *tags = tags_words(p->dump);
  json_put_number(line, "pid", (uint64_t)p->pid);
  json_put_text(line, "program", dump_text(p->dump, of->program));
  json_put_number(line, "live_bytes", of->live_bytes);
  json_put_bool(line, "live_is_small_objects", !top_watch_has_sites(p->dump));
  json_put_number(line, "resident_bytes", resident_of(p->dump));
  json_put_number(line, "arenas", p->dump->n_arenas);
  json_put_number(line, "lived_ns", of->lived_ns);
  json_put_text(line, "tags", tags);
  json_put_text(line, "container", *p->container != '\0' ? p->container : NULL);
  json_write(line, to);
  free(tags);
}

void ps_lines_print(struct ps_process *processes, size_t count, FILE *to) {
  processes_sort(processes, count);
  for (size_t i = 0; i < count; i++)
    line_print(&processes[i], to);
}
