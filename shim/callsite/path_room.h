/* How many frames a path has.
 *
 *   asked for    fewer than DEPTH_MAX   as many, if there are so many
 *                DEPTH_MAX              so many, and up to half as many again: until one at which a
 *                                       path may end
 *
 * A frame is one at which a path may end by its return address alone, one of PATH_END_STEP.  So the
 * long paths of a deep recursion end at the same frames for a while as it grows, and their outer
 * frames are nodes that they share; if each ended at its Nth frame, these would be N other nodes
 * for every call.  Of the address only the bits count that are the same wherever the module lies,
 * so that two processes cut a path alike.
 *
 * Everything here computes only: any thread, signal handlers too.
 */
#ifndef SHIM_PATH_ROOM_H
#define SHIM_PATH_ROOM_H

#include "options.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { EXACT_MOST = DEPTH_MAX - 1, PATH_END_STEP = 8, PATH_FRAMES_MAX = DEPTH_MAX + DEPTH_MAX / 2 };

/* What a path may still have outside a frame of it: `sure` frames, wherever they lie, and then up
 * to `more` until one at which it may end. */
struct path_room {
  size_t sure, more; /* words: they are passed in registers of their own */
};

/* Outside a path's first frame, where `depth` frames are asked for (1..DEPTH_MAX). */
static inline struct path_room path_room_of(unsigned depth) {
  return (struct path_room){depth - 1, depth > EXACT_MOST ? depth / 2 : 0};
}

/* Inside a page, code has the same address wherever its module lies. */
static inline bool path_may_end(uintptr_t ra) {
  enum { IN_PAGE = 4096, SCATTER = 0x9e5 };
  return ra * SCATTER % IN_PAGE < IN_PAGE / PATH_END_STEP;
}

/* Does the path end at the frame of ra, outside which there is that room? */
static inline bool path_ends_at(struct path_room room, uintptr_t ra) {
  return room.sure == 0 && (room.more == 0 || path_may_end(ra));
}

/* The room outside the frame's caller, which belongs to the path. */
static inline struct path_room path_room_less(struct path_room room, size_t frames) {
  return room.sure >= frames ? (struct path_room){room.sure - frames, room.more}
                             : (struct path_room){0, room.more - (frames - room.sure)};
}

#endif
