/* From processes and files to the text; contract in metrics.h. */
#include "metrics.h"
#include "metrics_options.h"
#include "metrics_write.h"
#include "output.h"
#include "say.h"
#include "set.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Takes the dump; false: there is none, said why. */
static bool process_take(struct metrics_process *p, struct dump *d,
                         const struct metrics_options *o) {
  if (d == NULL)
    return false;
  const struct dump_process *of = d->process;
  *p = (struct metrics_process){
      .dump = d,
      .labels = metrics_labels(dump_text(d, of->host), dump_text(d, of->program), of->pid)};
  metrics_names_read(&p->names, d);
  p->sites = metrics_sites_new(d, &o->names, o->rows);
  return true;
}

static void process_free(struct metrics_process *p) {
  metrics_sites_free(&p->sites);
  free(p->labels);
  dump_close((struct dump *)p->dump);
}

/* ---- all of them ---- */

struct processes {
  struct metrics_process *items;
  size_t count;
};

/* False: one can't be read; said why. */
static bool named_read(struct processes *all, const struct metrics_options *o) {
  all->items = must_zalloc(o->count + 1, sizeof *all->items);
  for (; all->count < o->count; all->count++)
    if (!process_take(&all->items[all->count], source_dump(o->what[all->count]), o))
      return false;
  return true;
}

/* The sums of directories and lists, behind those that were named. */
static bool set_read(struct processes *all, struct metrics_options *o, size_t *unread) {
  if (o->set.count == 0)
    return true;
  if (!process_take(&all->items[all->count], set_open(&o->set, source_dump, unread), o))
    return false;
  all->count++;
  return true;
}

static bool is_new(const struct processes *all, const struct metrics_process *p) {
  for (size_t i = 0; i < all->count; i++)
    if (strcmp(all->items[i].labels, p->labels) == 0)
      return false;
  return true;
}

/* Those that end meanwhile are left out; and of two containers with one name, whose processes have
 * the same pid there, the second. */
static void found_read(struct processes *all, const struct metrics_options *o) {
  pid_t *pids;
  size_t n = source_pids(&pids, false, NULL);
  all->items = must_zalloc(n + 1, sizeof *all->items);
  say_to(NULL);
  for (size_t i = 0; i < n; i++) {
    char what[16];
    snprintf(what, sizeof what, "%d", (int)pids[i]);
    struct metrics_process *p = &all->items[all->count];
    if (!process_take(p, source_dump(what), o))
      continue;
    if (is_new(all, p))
      all->count++;
    else
      process_free(p);
  }
  say_to(stderr);
  free(pids);
}

static void processes_free(struct processes *all) {
  for (size_t i = 0; i < all->count; i++)
    process_free(&all->items[i]);
  free(all->items);
}

/* What was named as the i-th; behind these are the sums. */
static const char *name_of(struct metrics_options *o, size_t i) {
  return i < o->count ? o->what[i] : inputs_title(&o->set);
}

static void same_say(const struct dump *d, const char *one, const char *other) {
  if (dump_processes(d) > 1)
    say_error("%s and %s are sums of the same program on the same host, which have the same "
              "labels: name one of them, or a directory of all",
              one, other);
  else
    say_error("%s and %s are of the same process: name one of them", one, other);
}

/* Two of one process would be samples with the same labels, which readers refuse. */
static bool all_differ(const struct processes *all, struct metrics_options *o) {
  for (size_t i = 1; i < all->count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(all->items[i].labels, all->items[k].labels) == 0) {
        same_say(all->items[i].dump, name_of(o, k), name_of(o, i));
        return false;
      }
  return true;
}

/* The text of a process may be read by all, since a collector has a user of its own; that of a file
 * by those who can read the file. */
static const char *input_of(const struct metrics_options *o) {
  for (size_t i = 0; i < o->count; i++)
    if (access(o->what[i], F_OK) == 0)
      return o->what[i];
  return o->set.count > 0 ? o->set.names[0] : "/";
}

static bool text_write(const struct metrics_options *o, const struct processes *all) {
  struct output out;
  if (!output_open(&out, o->out, input_of(o), NULL))
    return false;
  metrics_write(&(struct metrics_out){.to = out.to, .prometheus = o->prometheus}, all->items,
                all->count);
  return output_close(&out, true);
}

static bool all_read(struct processes *all, struct metrics_options *o, size_t *unread) {
  if (!o->all)
    return named_read(all, o) && set_read(all, o, unread) && all_differ(all, o);
  found_read(all, o);
  return true;
}

int metrics_command(int argc, char **argv) {
  struct metrics_options o;
  struct processes all = {0};
  size_t unread = 0;
  metrics_options_read(&o, argc, argv);
  bool good = all_read(&all, &o, &unread) && text_write(&o, &all);
  processes_free(&all);
  metrics_options_free(&o);
  return good && unread == 0 ? 0 : 2;
}
