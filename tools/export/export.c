/* The flow of an export, from the dump to the file; contract in export.h. */
#include "export.h"
#include "dump_read.h"
#include "export_writers.h"
#include "mapped.h"
#include "merge.h"
#include "output.h"
#include "set.h"

#include <stdlib.h>

/* Damage is no reason for an empty list, but that nothing was recorded is. */
static bool is_possible(const struct export_options *o, const struct dump *d) {
  return ((o->format->whole && d->has_accounts) || rows_possible(d, o->file)) &&
         (o->value != EXPORT_WASTE || sort_possible(d, o->file, SORT_WASTE));
}

static void begin(struct export *e, const struct export_options *o, const struct dump *d) {
  *e = (struct export){
      .dump = d, .value = o->value, .mapped = o->mapped, .resident = resident_known(d)};
  struct option_names names = o->names;
  names.cuts = true;
  if (o->format->detail == FRAMES_CALLS)
    names.merge = PATHS_CALLS;
  session_open(&e->session, d, &names, ROW_PATH);
  if (o->format->detail != FRAMES_NONE)
    e->frames = frames_new(&e->session, o->format->detail);
}

static void end(struct export *e) {
  frames_free(e->frames);
  session_close(&e->session);
}

int export_write(const struct export_options *o, const struct dump *d, FILE *to) {
  struct export e;
  if (!is_possible(o, d))
    return 2;
  begin(&e, o, d);
  o->format->write(&e, to);
  end(&e);
  return 0;
}

/* ---- what changed ---- */

static int both_write(const struct export_options *o, const struct dump *old, const struct dump *d,
                      FILE *to) {
  struct export before, after;
  begin(&before, o, old);
  begin(&after, o, d);
  export_collapsed_both(&before, &after, to);
  end(&before);
  end(&after);
  return 0;
}

/* Call sites of both are found again as a merge finds them; the old ones' counts are taken off. */
static struct dump *difference(const struct dump *old, const struct dump *d) {
  struct merge *m = merge_new();
  size_t bytes;
  merge_add(m, d, &(struct merge_how){0});
  merge_add(m, old, &(struct merge_how){.subtract = true});
  unsigned char *image = merge_end(m, &bytes);
  struct dump *changed = dump_parse("the difference", image, bytes);
  free(image);
  return changed;
}

static int delta_write(const struct export_options *o, const struct dump *old, const struct dump *d,
                       FILE *to) {
  struct export e;
  if (o->format->detail == FRAMES_NONE)
    return both_write(o, old, d, to);
  struct dump *changed = difference(old, d);
  if (changed == NULL)
    return 2;
  begin(&e, o, changed);
  e.base = old;
  o->format->write(&e, to);
  end(&e);
  dump_close(changed);
  return 0;
}

/* Opened when there is something to write: an old file outlives a bad dump. */
static int write_out(const struct export_options *o, const struct dump *old, const struct dump *d) {
  struct output out;
  if (!is_possible(o, d) || (old != NULL && !is_possible(o, old)) ||
      !output_open_of(&out, o->out, &o->files, o->format->binary ? o->format->name : NULL))
    return 2;
  int status = old != NULL ? delta_write(o, old, d, out.to) : export_write(o, d, out.to);
  return output_close(&out, status == 0) ? 0 : 2;
}

/* As --kind says. */
static struct dump *dump_of(const struct export_options *o, struct inputs *files, size_t *unread) {
  struct dump *d = set_open(files, dump_open, unread);
  if (d == NULL || !o->mapped || o->format->both || mapped_show(d, inputs_title(files)))
    return d;
  dump_close(d);
  return NULL;
}

int export_command(int argc, char **argv) {
  struct export_options o;
  export_options_read(&o, argc, argv);
  size_t unread = 0, old_unread = 0;
  bool delta = o.bases.count > 0;
  struct dump *old = delta ? dump_of(&o, &o.bases, &old_unread) : NULL;
  struct dump *d = delta && old == NULL ? NULL : dump_of(&o, &o.files, &unread);
  int status = d == NULL ? 2 : write_out(&o, old, d);
  dump_close(d);
  dump_close(old);
  inputs_free(&o.files);
  inputs_free(&o.bases);
  fold_free(o.names.fold);
  return unread + old_unread > 0 ? 2 : status;
}
