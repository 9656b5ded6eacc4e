/* Lists processes; contract in ps.h.
 *
 * One that ends while it is looked at is left out; those that must not be read are counted, and so
 * are those that must not even be looked into, in a line of their own.
 */
#include "ps.h"
#include "forbidden.h"
#include "ps_rows.h"
#include "say.h"
#include "source.h"
#include "words.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEY_JSON = 256, KEY_ALL };

struct options {
  bool json, all;
};

struct processes {
  struct ps_process *items;
  size_t count, unreadable;
  struct source_closed closed;
};

/* Whether there is such a process, ours to read or not. */
static bool is_there(int pid) { return kill(pid, 0) == 0 || errno == EPERM; }

/* The name of its user, or the number of one without a name. */
static char *user_of(pid_t pid) {
  char path[64], line[256];
  unsigned id = 0;
  bool found = false;
  snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
  FILE *f = fopen(path, "re");
  while (f != NULL && !found && fgets(line, sizeof line, f) != NULL)
    found = sscanf(line, "Uid: %u", &id) == 1;
  if (f != NULL)
    fclose(f);
  const struct passwd *user = found ? getpwuid(id) : NULL;
  return user != NULL ? must_copy(user->pw_name) : found ? must_print("%u", id) : must_copy("-");
}

static void process_add(struct processes *all, pid_t pid, struct dump *d, const struct options *o) {
  struct ps_process *p = &all->items[all->count++];
  *p = (struct ps_process){.pid = pid, .dump = d};
  if (!container_of(pid, p->container))
    *p->container = '\0';
  if (o->all) {
    p->user = user_of(pid);
    p->cgroup = cgroup_of(pid);
  }
}

static void process_read(struct processes *all, pid_t pid, const struct options *o) {
  char what[16];
  snprintf(what, sizeof what, "%d", pid);
  struct source *s = source_open(what);
  struct dump *d = s != NULL ? source_read(s) : NULL;
  if (s != NULL)
    source_close(s);
  if (d == NULL)
    all->unreadable += is_there(pid);
  if (d != NULL || (o->all && is_there(pid)))
    process_add(all, pid, d, o);
}

/* Each that can't be read would have a line of its own: they are said once, by their count. */
static struct processes processes_read(const struct options *o) {
  pid_t *pids;
  struct source_closed closed;
  size_t n = source_pids(&pids, o->all, &closed);
  struct processes all = {.items = must_alloc(n * sizeof *all.items), .closed = closed};
  say_to(NULL);
  for (size_t i = 0; i < n; i++)
    process_read(&all, pids[i], o);
  say_to(stderr);
  free(pids);
  return all;
}

/* Those of which it isn't known whether they run under the shim. */
static void closed_say(const struct source_closed *closed) {
  size_t n = closed->of_others + closed->of_ours;
  char *why = geteuid() == 0 ? forbidden_why(closed->first)
                             : must_print("as root %s can", n == 1 ? "it" : "they");
  if (closed->of_ours == 0)
    say_warning("ps: %zu process%s of other users can't be looked into: %s", n, n == 1 ? "" : "es",
                why);
  else
    say_warning("ps: %zu process%s can't be looked into, %zu of yours among them, with other "
                "rights or PR_SET_DUMPABLE: %s; a record is found in this directory or that of "
                "ARENASHIM_RECORD",
                n, n == 1 ? "" : "es", closed->of_ours, why);
  free(why);
}

/* What the table can't say. */
static void rest_say(const struct processes *all) {
  if (all->closed.first != 0)
    closed_say(&all->closed);
  if (all->unreadable > 0)
    say_warning("ps: %zu more process%s under the shim can't be read: its user and root can",
                all->unreadable, all->unreadable == 1 ? "" : "es");
  else if (all->count == 0)
    say_warning("ps: no process %s under the shim: start one with `arenashim run PROGRAM` or "
                "LD_PRELOAD=libarenashim.so",
                all->closed.first != 0 ? "that can be looked into runs" : "here runs");
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct options *o = state->input;
  if (key == KEY_JSON)
    o->json = true;
  else if (key == KEY_ALL)
    o->all = true;
  else if (key == ARGP_KEY_ARG)
    words_fail(state, "%s: ps takes no PID and no FILE: it lists all processes", word);
  else
    return ARGP_ERR_UNKNOWN;
  return 0;
}

static void options_read(struct options *o, int argc, char **argv) {
  static const struct argp_option options[] = {
      {"all", KEY_ALL, NULL, 0,
       "All that are seen, those of other users and of other versions, too, with user and cgroup",
       0},
      {"json", KEY_JSON, NULL, 0, "Print a line of JSON a process, with exact numbers", 0},
      {0}};
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
  *o = (struct options){.json = false};
  words_parse(&parser, argc, argv, 0, o);
}

static void processes_free(struct processes *all) {
  for (size_t i = 0; i < all->count; i++) {
    dump_close(all->items[i].dump);
    free(all->items[i].user);
    free(all->items[i].cgroup);
  }
  free(all->items);
}

int ps_command(int argc, char **argv) {
  struct options o;
  options_read(&o, argc, argv);
  struct processes all = processes_read(&o);
  (o.json ? ps_lines_print : ps_table_print)(all.items, all.count, stdout);
  rest_say(&all);
  processes_free(&all);
  if (fflush(stdout) == 0 && !ferror(stdout))
    return 0;
  say_error("ps: the list could not be written: check where its output goes");
  return 2;
}
