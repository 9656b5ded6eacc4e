/* The flow of an export, from the dump to the file; contract in export.h. */
#include "export.h"
#include "dump_read.h"
#include "mapped.h"
#include "output.h"
#include "set.h"

/* Damage is no reason for an empty list, but that nothing was recorded is. */
static bool is_possible(const struct export_options *o, const struct dump *d) {
  return ((o->format->whole && d->has_accounts) || rows_possible(d, o->file)) &&
         (o->value != EXPORT_WASTE || sort_possible(d, o->file, SORT_WASTE));
}

int export_write(const struct export_options *o, const struct dump *d, FILE *to) {
  struct export e = {.dump = d, .value = o->value, .mapped = o->mapped};
  if (!is_possible(o, d))
    return 2;
  struct option_names names = o->names;
  names.cuts = true;
  if (o->format->detail == FRAMES_CALLS)
    names.merge = PATHS_CALLS;
  session_open(&e.session, d, &names, ROW_PATH);
  if (o->format->detail != FRAMES_NONE)
    e.frames = frames_new(&e.session, o->format->detail);
  o->format->write(&e, to);
  frames_free(e.frames);
  session_close(&e.session);
  return 0;
}

/* Opened when there is something to write: an old file outlives a bad dump. */
static int write_out(const struct export_options *o, const struct dump *d) {
  struct output out;
  if (!is_possible(o, d) ||
      !output_open_of(&out, o->out, &o->files, o->format->binary ? o->format->name : NULL))
    return 2;
  int status = export_write(o, d, out.to);
  return output_close(&out, status == 0) ? 0 : 2;
}

int export_command(int argc, char **argv) {
  struct export_options o;
  export_options_read(&o, argc, argv);
  size_t unread;
  struct dump *d = set_open(&o.files, dump_open, &unread);
  bool shown = d != NULL && (!o.mapped || o.format->both || mapped_show(d, o.file));
  int status = shown ? write_out(&o, d) : 2;
  dump_close(d);
  inputs_free(&o.files);
  fold_free(o.names.fold);
  return unread > 0 ? 2 : status;
}
