/* The data of a page: the dump's tables as JSON, each in a <script> element of its own.
 *
 *   <script type="application/json" id="data-arenas">{"number":[0,1],"name":[3,4],...}</script>
 *
 * A table is an object of columns, all of the same length.  Text is an index into the table
 * "strings", whose item 0 is "".  A path is an index + 1 into the table "paths", 0: none; so is a
 * frame of "frames" and a module of "modules".  Paths grow from the innermost frame outwards, as
 * in paths.h; only those that something refers to are there.  An item of "sites" is a row of the
 * table of call sites, which has one or several of "calls": one for each path whose frames show
 * the same lines.  "mapped" and "mapped_calls" are the same of what the program mapped itself.  An
 * item of "memory" is a part of the resident memory, and has the largest of its rows in
 * "memory_rows".
 */
#ifndef TOOLS_HTML_DATA_H
#define TOOLS_HTML_DATA_H

#include "dump.h"
#include "options.h"

#include <stdio.h>

/* Writes all tables. */
void html_data_write(const struct dump *d, const struct option_names *names, FILE *to);

#endif
