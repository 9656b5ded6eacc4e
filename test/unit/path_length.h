/* How many frames a path has, said in another way than path_room.h does. */
#ifndef TEST_PATH_LENGTH_H
#define TEST_PATH_LENGTH_H

#include "path_room.h"

/* Of a stack of `count` frames, ra[0] innermost, where `depth` are asked for. */
static inline unsigned path_length(const uintptr_t *ra, unsigned count, unsigned depth) {
  unsigned most = depth < 64 ? depth : 96;
  for (unsigned n = depth; depth == 64 && n < most && n <= count; n++)
    if ((ra[n - 1] & 4095) * 0x9e5 % 4096 < 512)
      return n;
  return most < count ? most : count;
}

#endif
