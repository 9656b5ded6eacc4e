/* Call sites for a page: the tables "sites", "calls", "mapped", "mapped_calls", "regions", "waste",
 * "shares", "paths", "frames" and "cuts". */
#ifndef TOOLS_HTML_SITES_H
#define TOOLS_HTML_SITES_H

#include "html_json.h"
#include "session.h"

/* The session's rows are by path. */
void html_sites_write(const struct session *session, struct terms *strings, FILE *to);

#endif
