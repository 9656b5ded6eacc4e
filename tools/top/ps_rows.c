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
  if (x->dump == NULL || y->dump == NULL)
    return x->dump != y->dump ? (x->dump == NULL ? 1 : -1) : x->pid - y->pid;
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

static void figures_print(const struct ps_process *p, struct table *t, bool exact) {
  const struct dump_process *of = p->dump->process;
  char time[TOP_WORDS_MAX], *tags = tags_words(p->dump);
  bool small_alone = !top_watch_has_sites(p->dump);
  if (exact)
    snprintf(time, sizeof time, "%.1f", (double)of->lived_ns / 1e9);
  else
    top_words_time(of->lived_ns, time);
  table_number(t, UNIT_BYTES, small_alone ? ">=" : of->sample_bytes > 0 ? "~" : "", of->live_bytes);
  table_number(t, UNIT_BYTES, "", resident_of(p->dump));
  table_number(t, UNIT_COUNT, "", p->dump->n_arenas);
  table_words(t, time);
  table_words(t, tags);
  free(tags);
}

static void figures_missing(struct table *t) {
  for (int i = 0; i < 5; i++)
    table_words(t, "-");
}

static void row_print(const struct ps_process *p, struct table *t, bool exact) {
  char number[16];
  snprintf(number, sizeof number, "%d", p->pid);
  table_words(t, number);
  if (p->user != NULL)
    table_words(t, p->user);
  if (p->dump != NULL)
    figures_print(p, t, exact);
  else
    figures_missing(t);
  table_words(t, *p->container != '\0' ? p->container : "-");
  if (p->cgroup != NULL)
    table_words(t, *p->cgroup != '\0' ? p->cgroup : "-");
  table_text(t, p->dump != NULL ? dump_text(p->dump, p->dump->process->program) : "(not readable)");
}

void ps_table_print(struct ps_process *processes, size_t count, FILE *to) {
  static const char *const titles[] = {"pid",  "live",      "resident", "arenas", "running for",
                                       "tags", "container", "program",  NULL};
  static const char *const all[] = {"pid",    "user",        "live", "resident",
                                    "arenas", "running for", "tags", "container",
                                    "cgroup", "program",     NULL};
  static const char *const spare[] = {"arenas",      "cgroup", "container", "user",
                                      "running for", "tags",   NULL};
  unsigned width = table_width(to);
  bool has_all = count > 0 && processes[0].cgroup != NULL;
  processes_sort(processes, count);
  struct table *t = table_new(has_all ? all : titles, width);
  table_spare(t, spare);
  for (size_t i = 0; i < count; i++)
    row_print(&processes[i], t, width == 0);
  table_end(t, to);
}

static void figures_put(struct json_object *line, const struct dump *d) {
  const struct dump_process *of = d->process;
  char *tags = tags_words(d);
  json_put_text(line, "program", dump_text(d, of->program));
  json_put_number(line, "live_bytes", of->live_bytes);
  json_put_bool(line, "live_is_small_objects", !top_watch_has_sites(d));
  json_put_number(line, "resident_bytes", resident_of(d));
  json_put_number(line, "arenas", d->n_arenas);
  json_put_number(line, "lived_ns", of->lived_ns);
  json_put_text(line, "tags", tags);
  free(tags);
}

static void line_print(const struct ps_process *p, FILE *to) {
  struct json_object *line = json_object_must();
  json_put_number(line, "pid", (uint64_t)p->pid);
  if (p->dump != NULL)
    figures_put(line, p->dump);
  json_put_text(line, "container", *p->container != '\0' ? p->container : NULL);
  if (p->cgroup != NULL) {
    json_put_bool(line, "readable", p->dump != NULL);
    json_put_text(line, "user", p->user);
    json_put_text(line, "cgroup", p->cgroup);
  }
  json_write(line, to);
}

void ps_lines_print(struct ps_process *processes, size_t count, FILE *to) {
  processes_sort(processes, count);
  for (size_t i = 0; i < count; i++)
    line_print(&processes[i], to);
}
