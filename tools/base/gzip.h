/* Writes a gzip stream piece by piece. */
#ifndef TOOLS_GZIP_H
#define TOOLS_GZIP_H

#include <stddef.h>
#include <stdio.h>

struct gzip;

struct gzip *gzip_new(FILE *to);
void gzip_write(struct gzip *g, const void *bytes, size_t n);
void gzip_end(struct gzip *g); /* the last piece; frees it. Whoever has the FILE looks for errors */

#endif
