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

/* Two of one process would be samples with the same labels, which readers refuse. */
static bool all_differ(const struct metrics_process *all, const struct metrics_options *o) {
  for (size_t i = 1; i < o->count; i++)
    for (size_t k = 0; k < i; k++)
      if (strcmp(all[i].labels, all[k].labels) == 0) {
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

static bool text_write(const struct metrics_options *o, const struct metrics_process *all) {
  struct output out;
  if (!output_open(&out, o->out, input_of(o), NULL))
    return false;
  metrics_write(&(struct metrics_out){.to = out.to, .prometheus = o->prometheus}, all, o->count);
  return output_close(&out, true);
}

int metrics_command(int argc, char **argv) {
  struct metrics_options o;
  metrics_options_read(&o, argc, argv);
  struct metrics_process *all = must_zalloc(o.count, sizeof *all);
  size_t read = 0;
  while (read < o.count && process_read(&all[read], o.what[read], &o))
    read++;
  bool good = read == o.count && all_differ(all, &o) && text_write(&o, all);
  for (size_t i = 0; i < read; i++)
    process_free(&all[i]);
  free(all);
  free(o.what);
  fold_free(o.names.fold);
  return good ? 0 : 2;
}
