/* DHAT's file format, version 2, as valgrind's dh_view.html reads it.
 *
 *   total (t): ever allocated    at t-gmax (g): at the process's peak    at t-end (e): alive
 *
 * The viewer shows the last two only for files with block lifetimes ("bklt"), so ours claim to have
 * them.  Lifetimes are not recorded: "tl" is left out and the viewer shows NaN for them.  Times are
 * not recorded either: "te" counts allocations, and "tg", the time of the peak, is 0.  "mbk", the
 * blocks at a site's own peak, is the smallest number that is certain.
 */
#include "export_writers.h"
#include "export_frames.h"
#include "json.h"
#include "text.h"

#include <stdlib.h>

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

static uint64_t peak_blocks(const struct dump_account *a) {
  uint64_t least = a->largest > 0 ? a->peak_bytes / a->largest : 0;
  return most(least, most(a->at_peak_objects, a->live_objects));
}

/* "0x401010: function (file:line)" or "... (in module)"; words and labels have no more than their
 * name. */
static void frame_print(const struct export *e, const struct export_frame *f, FILE *to) {
  if (f->address > 0)
    fprintf(to, "0x%llX: ", (unsigned long long)f->address);
  fputs(f->name, to);
  if (f->file != NULL && f->line > 0)
    fprintf(to, " (%s:%u)", f->file, f->line);
  else if (f->module > 0)
    fprintf(to, " (in %s)", names_module(e->session.names, f->module));
}

static struct json_object *frame_table(const struct export *e) {
  const struct export_frames *f = e->frames;
  struct json_object *table = json_array_must();
  json_add_text(table, "[root]"); /* index 0 is the viewer's */
  for (uint32_t i = 0; i < f->count; i++) {
    struct text text;
    FILE *to = text_start(&text);
    frame_print(e, &f->items[i], to);
    json_add_text(table, text_end(to, &text));
    free(text.at);
  }
  return table;
}

/* A program point: what one path allocated. */
static struct json_object *point(const struct export *e, const struct row *r) {
  uint32_t frames[FRAMES_MAX], n = frames_of_row(e->frames, r, frames);
  struct json_object *p = json_object_must(), *path = json_array_must();
  while (n-- > 0)
    json_add_number(path, frames[n] + 1);
  json_put_number(p, "tb", r->sum.bytes);
  json_put_number(p, "tbk", r->sum.allocs);
  json_put_number(p, "mb", r->sum.peak_bytes);
  json_put_number(p, "mbk", peak_blocks(&r->sum));
  json_put_number(p, "gb", r->sum.at_peak_bytes);
  json_put_number(p, "gbk", r->sum.at_peak_objects);
  json_put_number(p, "eb", r->sum.live_bytes);
  json_put_number(p, "ebk", r->sum.live_objects);
  json_put(p, "fs", path);
  return p;
}

static void head_put(const struct export *e, struct json_object *all) {
  const struct dump_process *p = e->dump->process;
  json_put_number(all, "dhatFileVersion", 2);
  json_put_text(all, "mode", p->sample_bytes > 0 ? "heap, estimated from samples" : "heap");
  json_put_text(all, "verb", "Allocated");
  json_put_bool(all, "bklt", true);
  json_put_bool(all, "bkacc", false);
  json_put_text(all, "tu", "allocations");
  json_put_text(all, "Mtu", "Mallocations");
  json_put_number(all, "tuth", 0);
  json_put_text(all, "cmd", dump_text(e->dump, p->command));
  json_put_number(all, "pid", p->pid);
  json_put_number(all, "tg", 0);
  json_put_number(all, "te", e->session.rows->total.sum.allocs);
}

void export_dhat(const struct export *e, FILE *to) {
  struct json_object *all = json_object_must(), *points = json_array_must();
  head_put(e, all);
  for (uint32_t i = 0; i < e->session.rows->count; i++)
    json_add(points, point(e, &e->session.rows->items[i]));
  json_put(all, "pps", points);
  json_put(all, "ftbl", frame_table(e));
  json_write(all, to);
}
