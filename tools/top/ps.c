/* Lists processes; contract in ps.h.
 *
 * One that ends while it is looked at is left out; those that must not be read are counted.
 */
#include "ps.h"
#include "container.h"
#include "json.h"
#include "say.h"
#include "source.h"
#include "table.h"
#include "top_watch.h"
#include "top_words.h"
#include "words.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { KEY_JSON = 256 };

struct process {
  int pid;
  struct dump *dump;
  char container[CONTAINER_MAX];
  bool has_container;
};

struct processes {
  struct process *items;
  size_t count, unreadable;
};

/* Whether there is such a process, ours to read or not. */
static bool is_there(int pid) { return kill(pid, 0) == 0 || errno == EPERM; }

static void process_read(struct processes *all, int pid) {
  char what[16];
  snprintf(what, sizeof what, "%d", pid);
  struct source *s = source_open(what);
  struct dump *d = s != NULL ? source_read(s) : NULL;
  if (s != NULL)
    source_close(s);
  if (d == NULL) {
    all->unreadable += is_there(pid);
    return;
  }
  struct process *p = &all->items[all->count++];
  *p = (struct process){.pid = pid, .dump = d};
  p->has_container = container_of(pid, p->container);
}

static int process_compare(const void *a, const void *b) {
  const struct process *x = a, *y = b;
  uint64_t p = x->dump->process->live_bytes, q = y->dump->process->live_bytes;
  return p != q ? (p > q ? -1 : 1) : x->pid - y->pid;
}

/* Each that can't be read would have a line of its own: they are said once, by their count. */
static struct processes processes_read(void) {
  int *pids;
  size_t n = source_pids(&pids);
  struct processes all = {.items = must_alloc(n * sizeof *all.items)};
  say_to(NULL);
  for (size_t i = 0; i < n; i++)
    process_read(&all, pids[i]);
  say_to(stderr);
  free(pids);
  if (all.count > 0)
    qsort(all.items, all.count, sizeof *all.items, process_compare);
  return all;
}

static uint64_t resident_of(const struct dump *d) {
  for (uint32_t i = 0; i < d->n_ledger; i++)
    if (d->ledger[i].kind == DUMP_LEDGER_RESIDENT)
      return d->ledger[i].bytes;
  return 0;
}

static void row_print(const struct process *p, struct table *t, bool exact) {
  const struct dump_process *of = p->dump->process;
  char number[16], time[TOP_WORDS_MAX], *tags = top_watch_tags(p->dump);
  bool small_alone = top_watch_missing(p->dump) != NULL;
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
  table_words(t, p->has_container ? p->container : "-");
  table_text(t, dump_text(p->dump, of->program));
  free(tags);
}

static void table_write(const struct processes *all) {
  static const char *const titles[] = {"pid",  "live",      "resident", "arenas", "running for",
                                       "tags", "container", "program",  NULL};
  static const char *const spare[] = {"arenas", "container", "running for", "tags", NULL};
  unsigned width = table_width(stdout);
  struct table *t = table_new(titles, width);
  table_spare(t, spare);
  for (size_t i = 0; i < all->count; i++)
    row_print(&all->items[i], t, width == 0);
  table_end(t, stdout);
}

static void line_write(const struct process *p) {
  const struct dump_process *of = p->dump->process;
  struct json_object *line = json_object_must();
  char *tags = top_watch_tags(p->dump);
  json_put_number(line, "pid", (uint64_t)p->pid);
  json_put_text(line, "program", dump_text(p->dump, of->program));
  json_put_number(line, "live_bytes", of->live_bytes);
  json_put_bool(line, "live_is_small_objects", top_watch_missing(p->dump) != NULL);
  json_put_number(line, "resident_bytes", resident_of(p->dump));
  json_put_number(line, "arenas", p->dump->n_arenas);
  json_put_number(line, "lived_ns", of->lived_ns);
  json_put_text(line, "tags", tags);
  json_put_text(line, "container", p->has_container ? p->container : NULL);
  json_write(line, stdout);
  free(tags);
}

/* What the table can't say. */
static void rest_say(const struct processes *all) {
  if (all->unreadable > 0)
    say_warning("ps: %zu more process%s under the shim can't be read: its user and root can",
                all->unreadable, all->unreadable == 1 ? "" : "es");
  else if (all->count == 0)
    say_warning("ps: no process here runs under the shim: start one with `arenashim run PROGRAM` "
                "or LD_PRELOAD=libarenashim.so");
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  if (key == KEY_JSON)
    *(bool *)state->input = true;
  else if (key == ARGP_KEY_ARG)
    words_fail(state, "%s: ps takes no PID and no FILE: it lists all processes", word);
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static bool options_read(int argc, char **argv) {
  static const struct argp_option options[] = {
      {"json", KEY_JSON, NULL, 0, "Print a line of JSON a process, with exact numbers", 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      NULL,
      "Lists the processes of this machine that run under the shim, those that hold most first: "
      "live bytes (>=: of small objects alone, for call sites are not recorded), resident size, "
      "arenas, how long it runs, tags, container.",
      NULL,
      NULL,
      NULL};
  bool json = false;
  words_parse(&parser, argc, argv, 0, &json);
  return json;
}

static void processes_free(struct processes *all) {
  for (size_t i = 0; i < all->count; i++)
    dump_close(all->items[i].dump);
  free(all->items);
}

int ps_command(int argc, char **argv) {
  bool json = options_read(argc, argv);
  struct processes all = processes_read();
  if (!json)
    table_write(&all);
  for (size_t i = 0; json && i < all.count; i++)
    line_write(&all.items[i]);
  rest_say(&all);
  processes_free(&all);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return 0;
  say_error("ps: the list could not be written: check where its output goes");
  return 2;
}
