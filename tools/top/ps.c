/* Lists processes; contract in ps.h.
 *
 * One that ends while it is looked at is left out; those that must not be read are counted.
 */
#include "ps.h"
#include "ps_rows.h"
#include "say.h"
#include "source.h"
#include "words.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

enum { KEY_JSON = 256 };

struct processes {
  struct ps_process *items;
  size_t count, unreadable;
};

/* Whether there is such a process, ours to read or not. */
static bool is_there(int pid) { return kill(pid, 0) == 0 || errno == EPERM; }

static void process_read(struct processes *all, pid_t pid) {
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
  struct ps_process *p = &all->items[all->count++];
  *p = (struct ps_process){.pid = pid, .dump = d};
  if (!container_of(pid, p->container))
    *p->container = '\0';
}

/* Each that can't be read would have a line of its own: they are said once, by their count. */
static struct processes processes_read(void) {
  pid_t *pids;
  size_t n = source_pids(&pids);
  struct processes all = {.items = must_alloc(n * sizeof *all.items)};
  say_to(NULL);
  for (size_t i = 0; i < n; i++)
    process_read(&all, pids[i]);
  say_to(stderr);
  free(pids);
  return all;
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
  (json ? ps_lines_print : ps_table_print)(all.items, all.count, stdout);
  rest_say(&all);
  processes_free(&all);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return 0;
  say_error("ps: the list could not be written: check where its output goes");
  return 2;
}
