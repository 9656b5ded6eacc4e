/* The flow of an export, from the dump to the file; contracts in export.h. */
#include "export.h"
#include "say.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Values are added up along the paths' frames, so the peak is what each held at the process's. */
uint64_t export_value(const struct export *e, const struct row *r) {
  switch (e->options->value) {
  case EXPORT_LIVE:
    return r->sum.live_bytes;
  case EXPORT_ALLOCS:
    return r->sum.allocs;
  case EXPORT_PEAK:
    return r->sum.at_peak_bytes;
  case EXPORT_BYTES:
    return r->sum.bytes;
  default:
    return account_waste(&r->sum);
  }
}

int export_write(const struct export_options *o, const struct dump *d, FILE *to) {
  struct export e = {.options = o, .dump = d};
  if (!rows_possible(d, o->file))
    return 2;
  e.names = option_names_new(&o->names, d);
  e.paths = paths_new(d, e.names);
  e.rows = rows_new(&(struct rows_keys){.dump = d, .paths = e.paths});
  o->format->write(&e, to);
  rows_free(e.rows);
  paths_free(e.paths);
  names_free(e.names);
  if (fflush(to) == 0 && !ferror(to))
    return 0;
  say_error("%s could not be written: %s: check where the output goes",
            o->out != NULL ? o->out : "the export", strerror(errno));
  return 2;
}

/* Opened when there is something to write: an old file outlives a bad dump. */
static int write_out(const struct export_options *o, const struct dump *d) {
  if (o->out == NULL)
    return export_write(o, d, stdout);
  if (!rows_possible(d, o->file))
    return 2;
  FILE *to = fopen(o->out, "we");
  if (to == NULL) {
    say_error("%s can't be written: %s: name another file with -o", o->out, strerror(errno));
    return 2;
  }
  int status = export_write(o, d, to);
  fclose(to);
  return status;
}

int export_run(const struct export_options *o) {
  struct dump *d = dump_open(o->file);
  int status = d == NULL ? 2 : write_out(o, d);
  dump_close(d);
  return status;
}
