/* The flow of an export, from the dump to the file; contracts in export.h. */
#include "export.h"
#include "export_frames.h"
#include "output.h"
#include "say.h"

const struct export_format export_formats[] = {
    {"collapsed", export_collapsed, FRAMES_NONE, false},
    {"dhat", export_dhat, FRAMES_CALLS, false},
    {"heap", export_heap, FRAMES_NONE, false},
    {"json", export_json, FRAMES_CALLS, false},
    {"pprof", export_pprof, FRAMES_CALLS, true},
    {"speedscope", export_speedscope, FRAMES_FUNCTIONS, false},
    {NULL, NULL, FRAMES_NONE, false}};

/* Values are added up along the paths' frames, so the peak is what each held at the process's. */
uint64_t export_value(enum export_value value, const struct row *r) {
  switch (value) {
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

struct row export_site(const struct export *e, uint32_t site) {
  const struct dump_site *s = &e->dump->sites[site];
  return (struct row){.kind = row_kind(s->kind), .key = e->paths->of_node[s->node]};
}

struct row export_account(const struct export *e, uint32_t account) {
  const struct dump_account *a = &e->dump->accounts[account];
  struct row r = export_site(e, a->site);
  r.accounts = 1;
  r.sum = *a;
  return r;
}

int export_write(const struct export_options *o, const struct dump *d, FILE *to) {
  struct export e = {.options = o, .dump = d};
  if (!rows_possible(d, o->file))
    return 2;
  e.names = option_names_new(&o->names, d);
  e.paths = paths_new(d, e.names);
  e.rows = rows_new(&(struct rows_keys){.dump = d, .paths = e.paths});
  if (o->format->detail != FRAMES_NONE)
    e.frames = frames_new(&e, o->format->detail);
  o->format->write(&e, to);
  frames_free(e.frames);
  rows_free(e.rows);
  paths_free(e.paths);
  names_free(e.names);
  return 0;
}

/* Opened when there is something to write: an old file outlives a bad dump. */
static int write_out(const struct export_options *o, const struct dump *d) {
  struct output out;
  if (!rows_possible(d, o->file) ||
      !output_open(&out, o->out, o->file, o->format->binary ? o->format->name : NULL))
    return 2;
  int status = export_write(o, d, out.to);
  return output_close(&out, status == 0) ? 0 : 2;
}

int export_run(const struct export_options *o) {
  struct dump *d = dump_open(o->file);
  int status = d == NULL ? 2 : write_out(o, d);
  dump_close(d);
  return status;
}
