/* zlib's deflate with gzip's header and trailer; contract in gzip.h. */
#include "gzip.h"
#include "say.h"

#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

enum { WINDOW_GZIP = 15 + 16, MEMORY = 8 };

struct gzip {
  z_stream stream;
  FILE *to;
  unsigned char room[1 << 16];
};

struct gzip *gzip_new(FILE *to) {
  struct gzip *g = must_zalloc(1, sizeof *g);
  g->to = to;
  if (deflateInit2(&g->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_GZIP, MEMORY,
                   Z_DEFAULT_STRATEGY) != Z_OK)
    must_have(NULL);
  return g;
}

/* All input is taken when output did not fill its room. */
static void drain(struct gzip *g, int flush) {
  do {
    g->stream.next_out = g->room;
    g->stream.avail_out = sizeof g->room;
    deflate(&g->stream, flush);
    fwrite(g->room, 1, sizeof g->room - g->stream.avail_out, g->to);
  } while (g->stream.avail_out == 0);
}

void gzip_write(struct gzip *g, const void *bytes, size_t n) {
  g->stream.next_in = bytes;
  g->stream.avail_in = (unsigned)n;
  drain(g, Z_NO_FLUSH);
}

void gzip_end(struct gzip *g) {
  drain(g, Z_FINISH);
  deflateEnd(&g->stream);
  free(g);
}
