/* Finds equal locations in a tree of libc's; contract in pprof_locations.h. */
#include "pprof_locations.h"
#include "say.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

struct locations {
  struct pprof *pprof;
  const struct export_frames *frames;
  void *tree;
  uint64_t count;
};

/* What a location is found by. */
struct place {
  uint64_t id;
  uint32_t count;
  uint32_t frames[]; /* outermost first */
};

struct locations *locations_new(struct pprof *pprof, const struct export_frames *frames) {
  struct locations *l = must_zalloc(1, sizeof *l);
  l->pprof = pprof;
  l->frames = frames;
  return l;
}

void locations_free(struct locations *l) {
  tdestroy(l->tree, free);
  free(l);
}

static int place_compare(const void *a, const void *b) {
  const struct place *x = a, *y = b;
  if (x->count != y->count)
    return x->count < y->count ? -1 : 1;
  return memcmp(x->frames, y->frames, x->count * sizeof *x->frames);
}

static void line_fill(const struct locations *l, uint32_t index, Pprof__Line *line) {
  const struct export_frame *f = &l->frames->items[index];
  pprof__line__init(line);
  line->function_id = pprof_function(l->pprof, f->name, f->file);
  line->line = f->line;
}

static void location_write(const struct locations *l, const struct place *place) {
  const struct export_frame *outermost = &l->frames->items[place->frames[0]];
  Pprof__Line *lines = must_alloc(place->count * sizeof *lines),
              **line_list = must_alloc(place->count * sizeof(Pprof__Line *));
  Pprof__Location location = PPROF__LOCATION__INIT, *list = &location;
  Pprof__Profile part = PPROF__PROFILE__INIT;
  for (uint32_t i = 0; i < place->count; i++) {
    line_list[i] = &lines[i];
    line_fill(l, place->frames[place->count - 1 - i], &lines[i]);
  }
  location.id = place->id;
  location.mapping_id = outermost->module;
  location.address = outermost->address;
  location.n_line = place->count;
  location.line = line_list;
  part.n_location = 1;
  part.location = &list;
  pprof_write(l->pprof, &part);
  free(line_list);
  free(lines);
}

static uint64_t place_get(struct locations *l, const uint32_t *frames, uint32_t count) {
  struct place *new = must_alloc(sizeof *new + count * sizeof *frames);
  new->id = l->count + 1;
  new->count = count;
  memcpy(new->frames, frames, count * sizeof *frames);
  struct place **found = must_have(tsearch(new, &l->tree, place_compare));
  if (*found != new) {
    free(new);
    return (*found)->id;
  }
  location_write(l, new);
  return ++l->count;
}

uint64_t locations_take(struct locations *l, const uint32_t *frames, uint32_t *count) {
  const struct export_frame *items = l->frames->items;
  uint32_t last = *count, first = last - 1;
  while (first > 0 && items[frames[first]].inlined)
    first--;
  *count = first;
  return place_get(l, frames + first, last - first);
}
