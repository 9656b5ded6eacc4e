/* The flow of an export, from the dump to the file; contracts in export.h. */
#include "export.h"
#include "export_frames.h"
#include "output.h"
#include "say.h"

const struct export_format export_formats[] = {
    {"collapsed", export_collapsed, FRAMES_NONE, false, false},
    {"dhat", export_dhat, FRAMES_CALLS, false, false},
    {"heap", export_heap, FRAMES_NONE, false, false},
    {"json", export_json, FRAMES_CALLS, false, true},
    {"pprof", export_pprof, FRAMES_CALLS, true, false},
    {"speedscope", export_speedscope, FRAMES_FUNCTIONS, false, false},
    {NULL, NULL, FRAMES_NONE, false, false}};

uint64_t export_value(enum export_value value, const struct row *r) {
  static const enum sort sorts[] = {[EXPORT_LIVE] = SORT_LIVE,
                                    [EXPORT_ALLOCS] = SORT_ALLOCS,
                                    [EXPORT_PEAK] = SORT_PEAK,
                                    [EXPORT_BYTES] = SORT_BYTES,
                                    [EXPORT_WASTE] = SORT_WASTE};
  return row_added(r, sorts[value]);
}

struct row export_site(const struct export *e, uint32_t site) {
  const struct dump_site *s = &e->dump->sites[site];
  return (struct row){.kind = row_kind(s->kind), .key = e->session.paths->of_node[s->node]};
}

struct row export_account(const struct export *e, uint32_t account) {
  const struct dump_account *a = &e->dump->accounts[account];
  struct row r = export_site(e, a->site);
  r.accounts = 1;
  r.sum = *a;
  return r;
}

/* Damage is no reason for an empty list, but that nothing was recorded is. */
static bool is_possible(const struct export_options *o, const struct dump *d) {
  return ((o->format->whole && d->has_accounts) || rows_possible(d, o->file)) &&
         (o->value != EXPORT_WASTE || sort_possible(d, o->file, SORT_WASTE));
}

int export_write(const struct export_options *o, const struct dump *d, FILE *to) {
  struct export e = {.options = o, .dump = d};
  if (!is_possible(o, d))
    return 2;
  struct option_names names = o->names;
  if (o->format->detail == FRAMES_CALLS)
    names.merge = PATHS_CALLS;
  session_open(&e.session, d, &names, ROW_PATH);
  if (o->format->detail != FRAMES_NONE)
    e.frames = frames_new(&e, o->format->detail);
  o->format->write(&e, to);
  frames_free(e.frames);
  session_close(&e.session);
  return 0;
}

/* Opened when there is something to write: an old file outlives a bad dump. */
static int write_out(const struct export_options *o, const struct dump *d) {
  struct output out;
  if (!is_possible(o, d) ||
      !output_open(&out, o->out, o->file, o->format->binary ? o->format->name : NULL))
    return 2;
  int status = export_write(o, d, out.to);
  return output_close(&out, status == 0) ? 0 : 2;
}

int export_command(int argc, char **argv) {
  struct export_options o;
  export_options_read(&o, argc, argv);
  struct dump *d = dump_open(o.file);
  int status = d == NULL ? 2 : write_out(&o, d);
  dump_close(d);
  fold_free(o.names.fold);
  return status;
}
