/* Reads a dump's file into memory and verifies it once, so that its users can trust every index.
 *
 *   file -> header and table (else an error) -> sections whose checksum holds -> tables of items
 *
 * A section that is cut off, damaged or missing leaves an empty table and a warning.  An index that
 * points outside its section is replaced by that of a stand-in (dump.h), with a warning.
 */
#ifndef TOOLS_DUMP_READ_H
#define TOOLS_DUMP_READ_H

#include "dump.h"

/* Reads a file, or says why not and returns NULL. */
struct dump *dump_open(const char *path);

/* The same for bytes in memory; `path` is for messages. */
struct dump *dump_parse(const char *path, const unsigned char *bytes, size_t size);

#endif
