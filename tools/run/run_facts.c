/* Facts of dumps; contract in run_facts.h. */
#include "run_facts.h"
#include "dump_read.h"
#include "rows.h"
#include "run_name.h"
#include "say.h"
#include "when.h"

#include <stdio.h>
#include <stdlib.h>

/* A merge's may be words, "several programs"; others are names of files. */
static char *program_of(const struct dump *d) {
  const char *name = dump_text(d, d->process->program);
  return d->process->reason == DUMP_MERGED && *name != '\0' ? must_copy(name) : run_name(name);
}

struct dump_file file_facts(const struct dump *dump, const struct stat *s) {
  const struct dump_process *p = dump->process;
  return (struct dump_file){.program = program_of(dump),
                            .host = must_copy(dump_text(dump, p->host)),
                            .moment = dump_when(dump, 0),
                            .pid = p->pid,
                            .reason = p->reason,
                            .signal = p->signal,
                            .start_ns = p->start_ns,
                            .lived_ns = p->lived_ns,
                            .is_final = !dump_is_snapshot(dump),
                            .is_replaced = p->flags & DUMP_REPLACED,
                            .live_bytes = p->live_bytes,
                            .peak_bytes = p->peak_bytes,
                            .estimate = p->sample_bytes > 0 ? "~" : "",
                            .peak_mark = dump_peak_mark(dump),
                            .written = s->st_mtim};
}

void file_free(struct dump_file *f) {
  free(f->path);
  free(f->program);
  free(f->host);
  free(f->moment);
}

void files_add(struct dump_files *all, struct dump_file f, const char *path) {
  f.path = must_copy(path);
  all->items = must_resize(all->items, all->count + 1, sizeof *all->items);
  all->items[all->count++] = f;
}

struct dump *file_open_quietly(const char *path) {
  say_to(NULL);
  struct dump *dump = dump_open(path);
  say_to(stderr);
  return dump != NULL ? dump : dump_open(path);
}
