/* speedscope's own file format: the frames once, and a profile for each value.
 *
 * A profile is "sampled": as many paths, outermost frame first, as weights.
 * Waste, the last, is left out where it is not known.
 */
#include "export_writers.h"
#include "export_frames.h"
#include "json.h"

static const struct {
  const char *name, *unit;
} profiles[] = {[EXPORT_LIVE] = {"live", "bytes"},
                [EXPORT_ALLOCS] = {"allocs", "none"},
                [EXPORT_PEAK] = {"peak", "bytes"},
                [EXPORT_BYTES] = {"bytes", "bytes"},
                [EXPORT_WASTE] = {"waste", "bytes"}};
enum { PROFILES = sizeof profiles / sizeof *profiles };

static struct json_object *frames_array(const struct export_frames *f) {
  struct json_object *all = json_array_must();
  for (uint32_t i = 0; i < f->count; i++) {
    struct json_object *frame = json_object_must();
    json_put_text(frame, "name", f->items[i].name);
    if (f->items[i].file != NULL)
      json_put_text(frame, "file", f->items[i].file);
    json_add(all, frame);
  }
  return all;
}

static struct json_object *sample(const struct export *e, const struct row *r) {
  uint32_t frames[FRAMES_MAX], n = frames_of_row(e->frames, r, frames);
  struct json_object *path = json_array_must();
  for (uint32_t i = 0; i < n; i++)
    json_add_number(path, frames[i]);
  return path;
}

static struct json_object *profile(const struct export *e, enum export_value value) {
  struct json_object *p = json_object_must(), *samples = json_array_must(),
                     *weights = json_array_must();
  uint64_t total = 0;
  for (uint32_t i = 0; i < e->session.rows->count; i++) {
    uint64_t weight = export_value(value, &e->session.rows->items[i]);
    if (weight == 0)
      continue;
    json_add(samples, sample(e, &e->session.rows->items[i]));
    json_add_number(weights, weight);
    total += weight;
  }
  json_put_text(p, "type", "sampled");
  json_put_text(p, "name", profiles[value].name);
  json_put_text(p, "unit", profiles[value].unit);
  json_put_number(p, "startValue", 0);
  json_put_number(p, "endValue", total);
  json_put(p, "samples", samples);
  json_put(p, "weights", weights);
  return p;
}

void export_speedscope(const struct export *e, FILE *to) {
  struct json_object *all = json_object_must(), *shared = json_object_must(),
                     *list = json_array_must();
  json_put(shared, "frames", frames_array(e->frames));
  for (int value = 0; value < PROFILES - !waste_known(e->dump); value++)
    json_add(list, profile(e, (enum export_value)value));
  json_put_text(all, "$schema", "https://www.speedscope.app/file-format-schema.json");
  json_put_text(all, "exporter", "arenashim " ARENASHIM_VERSION);
  json_put_text(all, "name", dump_text(e->dump, e->dump->process->command));
  json_put_number(all, "activeProfileIndex", e->value);
  json_put(all, "shared", shared);
  json_put(all, "profiles", list);
  json_write(all, to);
}
