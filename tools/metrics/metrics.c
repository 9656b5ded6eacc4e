/* From processes and files to the text; contract in metrics.h. */
#include "metrics.h"
#include "metrics_options.h"
#include "metrics_write.h"
#include "output.h"
#include "say.h"
#include "source.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False: it can't be read; said why. */
static bool process_read(struct metrics_process *p, const char *what,
                         const struct metrics_options *o) {
  struct dump *d = source_dump(what);
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
    if (!process_read(&all->items[all->count], o->what[all->count], o))
      return false;
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
  size_t n = source_pids(&pids, false);
  all->items = must_zalloc(n + 1, sizeof *all->items);
  say_to(NULL);
  for (size_t i = 0; i < n; i++) {
    char what[16];
    snprintf(what, sizeof what, "%d", (int)pids[i]);
    struct metrics_process *p = &all->items[all->count];
    if (!process_read(p, what, o))
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

/* Two of one process would be samples with the same labels, which readers refuse. */
static bool all_differ(const struct processes *all, const struct metrics_options *o) {
  for (size_t i = 1; i < o->count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(all->items[i].labels, all->items[k].labels) == 0) {
        say_error("%s and %s are of the same process: name one of them", o->what[k], o->what[i]);
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
  return "/";
}

static bool text_write(const struct metrics_options *o, const struct processes *all) {
  struct output out;
  if (!output_open(&out, o->out, input_of(o), NULL))
    return false;
  metrics_write(&(struct metrics_out){.to = out.to, .prometheus = o->prometheus}, all->items,
                all->count);
  return output_close(&out, true);
}

static bool all_read(struct processes *all, const struct metrics_options *o) {
  if (!o->all)
    return named_read(all, o) && all_differ(all, o);
  found_read(all, o);
  return true;
}

int metrics_command(int argc, char **argv) {
  struct metrics_options o;
  struct processes all = {0};
  metrics_options_read(&o, argc, argv);
  bool good = all_read(&all, &o) && text_write(&o, &all);
  processes_free(&all);
  free(o.what);
  fold_free(o.names.fold);
  return good ? 0 : 2;
}
