/* Locations of a pprof profile: a place in the code, with a line for each function it lies in. */
#ifndef TOOLS_PPROF_LOCATIONS_H
#define TOOLS_PPROF_LOCATIONS_H

#include "export_frames.h"
#include "pprof.h"

struct locations;

/* Both must outlive it. */
struct locations *locations_new(struct pprof *pprof, const struct export_frames *frames);
void locations_free(struct locations *l);

/* The location that a path's innermost frame lies in, written when it is new; it takes those
 * frames, of which there is at least one, off the end of the path. */
uint64_t locations_take(struct locations *l, const uint32_t *frames, uint32_t *count);

#endif
