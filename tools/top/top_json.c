/* `top --json`: a line a tick; contract in top_options.h.
 *
 *   {"time": 1700000000.1, "program": "demo", "pid": 77, "state": "running", ..., "rows": [...]}
 *
 * Bytes and counts are exact; what is not known is null.  The last line has the state in which the
 * process ended, with its last known figures.
 */
#include "clock.h"
#include "fit.h"
#include "json.h"
#include "memory_words.h"
#include "recorded.h"
#include "say.h"
#include "tags.h"
#include "text.h"
#include "top_columns.h"
#include "top_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* With three digits behind the point: json-c keeps the text of a double. */
static void put_real(struct json_object *to, const char *key, double value) {
  char words[400];
  snprintf(words, sizeof words, "%.3f", value);
  json_put(to, key, must_have(json_object_new_double_s(value, words)));
}

/* NULL: null. */
static void put_count(struct json_object *to, const char *key, bool is_known, uint64_t value) {
  if (is_known)
    json_put_number(to, key, value);
  else
    json_put(to, key, NULL);
}

static void put_counts(struct json_object *to, const struct top_watch *w, enum top_by by,
                       const struct top_line *l) {
  bool rates = top_model_has_rates(w->model);
  json_put_number(to, "live_bytes", l->now.live);
  put_count(to, "live_objects", top_objects_known(l), l->now.objects);
  json_put_number(to, "allocs", l->now.allocs);
  put_count(to, "waste_bytes", top_waste_known(w->dump, by), l->now.waste);
  json_put(to, "growth_bytes_per_minute",
           rates ? must_have(json_object_new_int64((int64_t)round(l->growth))) : NULL);
  if (rates)
    put_real(to, "allocs_per_second", l->rate);
  else
    json_put(to, "allocs_per_second", NULL);
}

static char *without_marks(const char *text, size_t length) {
  struct text plain;
  FILE *to = text_start(&plain);
  fit_print(text, length, 0, to);
  return text_end(to, &plain);
}

/* The frames of a path, innermost first, or the one line of another row. */
static struct json_object *frames_of(const char *text) {
  struct json_object *frames = json_array_must();
  for (size_t length; *text != '\0'; text += length + (text[length] == '\n')) {
    length = strcspn(text, "\n");
    char *frame = without_marks(text, length);
    json_add_text(frames, frame);
    free(frame);
  }
  return frames;
}

static struct json_object *row_of(const struct top_watch *w, enum top_by by,
                                  const struct top_line *line) {
  struct json_object *row = json_object_must();
  const char *text = top_group_text(top_model_group(w->model, by), line->row);
  put_counts(row, w, by, line);
  if (by == TOP_SITES)
    json_put(row, "path", frames_of(text));
  else
    json_put_text(row, "name", text);
  return row;
}

static void put_rows(struct json_object *to, const struct top_options *o,
                     const struct top_watch *w) {
  static const char *const sorts[] = {"live", "growth", "rate", "waste"};
  static const char *const groups[] = {"site", "arena", "class"};
  enum top_by by = top_options_by(o, w->dump);
  struct top_lines lines = top_model_lines(w->model, by, o->sort, NULL);
  uint32_t shown = o->rows > 0 && o->rows < lines.count ? (uint32_t)o->rows : lines.count;
  struct json_object *rows = json_array_must();
  for (uint32_t i = 0; i < shown; i++)
    json_add(rows, row_of(w, by, &lines.items[i]));
  json_put_text(to, "by", groups[by]);
  json_put_text(to, "sort", sorts[o->sort]);
  json_put(to, "rows", rows);
  json_put_number(to, "rows_left_out", lines.count - shown);
  free(lines.items);
}

/* Bytes of each part of the resident memory that there is, as of some seconds ago. */
static void put_memory(struct json_object *to, const struct top_watch *w) {
  const struct top_memory *m = &w->memory;
  struct json_object *parts = m->known ? json_object_must() : NULL;
  for (int i = 0; m->known && i < MEMORY_PARTS; i++)
    if (m->part[i] != 0)
      json_put_number(parts, memory_part_key((enum memory_part)i), m->part[i]);
  json_put(to, "memory", parts);
  if (m->known)
    put_real(to, "memory_age_seconds", top_memory_age(m, w->dump));
  else
    json_put(to, "memory_age_seconds", NULL);
}

static void put_process(struct json_object *to, const struct top_watch *w) {
  const struct dump *d = w->dump;
  char *tags = tags_words(d), *moment = top_watch_state(w), *recorded = dump_recorded(d);
  put_real(to, "time", (double)clock_ns(CLOCK_REALTIME) / 1e9);
  json_put_text(to, "program", dump_text(d, d->process->program));
  json_put_number(to, "pid", top_watch_pid(w));
  json_put_text(to, "state", top_watch_state_word(w));
  json_put_text(to, "moment", moment);
  json_put_text(to, "tags", tags);
  json_put_text(to, "recorded", recorded);
  json_put_number(to, "sample_bytes", d->process->sample_bytes);
  put_real(to, "lived_seconds", (double)d->process->lived_ns / 1e9);
  free(recorded);
  free(moment);
  free(tags);
}

/* False: it could not be written. */
static bool line_write(const struct top_options *o, const struct top_watch *w) {
  const struct top_reading *now = top_model_now(w->model);
  struct top_line all = top_model_all(w->model);
  struct json_object *line = json_object_must();
  put_process(line, w);
  put_counts(line, w, TOP_ARENAS, &all);
  json_put_number(line, "mapped_bytes", now->mapped);
  json_put_number(line, "resident_bytes", now->resident);
  put_memory(line, w);
  put_real(line, "rate_seconds", top_model_rate_seconds(w->model));
  put_real(line, "growth_seconds", top_model_growth_seconds(w->model));
  put_rows(line, o, w);
  json_write(line, stdout);
  return fflush(stdout) == 0 && !ferror(stdout);
}

static void sleep_until(uint64_t ns) {
  struct timespec t = {(time_t)(ns / 1000000000u), (long)(ns % 1000000000u)};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

int top_json_run(const struct top_options *o, struct top_watch *w) {
  bool good = line_write(o, w);
  for (uint64_t next = clock_ns(CLOCK_MONOTONIC); good && !w->over;) {
    sleep_until(next += o->interval_ns);
    top_watch_tick(w);
    good = line_write(o, w);
  }
  if (!good)
    say_error("top: a line could not be written: check where its output goes");
  return good ? 0 : 2;
}
