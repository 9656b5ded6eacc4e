/* A pprof profile as it is written: parts of the message one after the other.
 *
 * Parts of a protobuf message that follow each other are one message, its lists joined: so a part
 * is written as soon as it is known, and what refers to texts and functions gets their numbers.
 */
#ifndef TOOLS_PPROF_H
#define TOOLS_PPROF_H

#include "tools/export/profile.pb-c.h"

#include <stdio.h>

struct pprof;

/* Begins a profile, compressed by gzip. */
struct pprof *pprof_new(FILE *to);
void pprof_end(struct pprof *p); /* frees it; the caller checks the FILE for errors */

/* Appends a part. */
void pprof_write(struct pprof *p, const Pprof__Profile *part);

/* A text's index in the string table; any bytes. */
int64_t pprof_text(struct pprof *p, const char *text);

/* The id of the function with this name in this file; NULL: not known. */
uint64_t pprof_function(struct pprof *p, const char *name, const char *file);

#endif
