/* Reads a dump's file into memory, and verifies it once, so that whoever uses it can trust every
 * index.
 *
 *   file -> header and table (else an error) -> sections whose checksum holds -> tables of items
 *
 * A section that is cut, damaged or missing leaves an empty table and a warning; an index that
 * points nowhere is led to a stand-in (dump.h), with a warning.
 */
#ifndef TOOLS_DUMP_READ_H
#define TOOLS_DUMP_READ_H

#include "dump.h"

/* Reads a file, or says why not and returns NULL. */
struct dump *dump_open(const char *path);

/* The same for bytes in memory; `path` is for messages. */
struct dump *dump_parse(const char *path, const unsigned char *bytes, size_t size);

#endif
