/* The resident memory in a page: the tables "resident", "memory" and "memory_rows". */
#ifndef TOOLS_HTML_MEMORY_H
#define TOOLS_HTML_MEMORY_H

#include "html_json.h"
#include "session.h"

/* Writes the tables; without an item where the dump does not know of resident memory. */
void html_memory_write(const struct session *session, struct terms *strings, FILE *to);

#endif
