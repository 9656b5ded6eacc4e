/* The parts put together; contract in record.h. */
#include "record.h"
#include "record_parts.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

static void process(struct record_work *w, const struct record_moment *moment) {
  const struct record_process *p = record_process(w);
  struct dump_process *to = image_add(w->image, DUMP_PROCESS);
  *to = (struct dump_process){.pid = p->pid,
                              .ppid = p->ppid,
                              .reason = moment->reason,
                              .signal = moment->signal,
                              .flags = p->flags | DUMP_LARGE_STALE | DUMP_OF_RECORD |
                                       (moment->replaced ? DUMP_REPLACED : 0),
                              .tags = p->tags,
                              .depth = p->depth,
                              .unix_time = (p->start_ns + moment->lived_ns) / 1000000000,
                              .sample_bytes = p->sample_bytes,
                              .block_bytes = p->block_bytes,
                              .slab_bytes = p->slab_bytes,
                              .start_ns = p->start_ns,
                              .lived_ns = moment->lived_ns};
  /* Texts of the head may lack their NUL. */
  to->program = image_text(w->image, p->program, sizeof p->program);
  to->command = image_text(w->image, p->command, sizeof p->command);
  to->host = image_text(w->image, p->host, sizeof p->host);
  to->version = image_text(w->image, p->version, sizeof p->version);
  to->options = image_text(w->image, p->options, sizeof p->options);
}

/* The highest moment of the time axis: of a process that somebody attached to, it knows of what is
 * in no account once it is freed. */
static uint64_t highest_moment(const struct record_work *w) {
  uint64_t most = 0;
  for (size_t i = 0; i < image_items(w->image, DUMP_MOMENTS); i++) {
    const struct dump_moment *m = image_item(w->image, DUMP_MOMENTS, i);
    most = m->live_bytes > most ? m->live_bytes : most;
  }
  return most;
}

/* The peak is what was published, or more if something that is known says so. */
static void finish_process(struct record_work *w) {
  struct dump_process *p = image_item(w->image, DUMP_PROCESS, 0);
  p->live_bytes = w->live_bytes;
  p->live_objects = w->live_objects;
  uint64_t peak =
      record_is_tagged(w) && w->m->head.peak_most > 0 ? (uint64_t)w->m->head.peak_most : 0;
  if (p->peak_bytes < peak)
    p->peak_bytes = peak;
  if (p->peak_bytes < p->live_bytes)
    p->peak_bytes = p->live_bytes;
  if (record_is_attached(w) && p->peak_bytes < highest_moment(w))
    p->peak_bytes = highest_moment(w);
}

unsigned char *record_dump(const struct memory *m, const struct record_moment *moment,
                           size_t *bytes) {
  struct image image;
  struct record_work w = {.m = m, .image = &image};
  image_begin(&image);
  process(&w, moment);
  w.plain = must_zalloc(RECORD_ARENAS_MOST, sizeof *w.plain);
  record_counts(&w);
  record_paths(&w);
  record_before(&w);
  record_accounts(&w);
  record_lives(&w);
  record_mapped(&w);
  bool has_axis = record_timeline(&w);
  record_ledger(&w, moment->resident);
  if (has_axis)
    record_now(&w, moment->lived_ns, moment->resident);
  record_health(&w);
  record_mappings(&w, moment->pid);
  finish_process(&w);
  unsigned char *file = image_end(&image, bytes);
  image_free(&image);
  free(w.plain);
  return file;
}
