/* Call sites for a page: the tables "sites", "calls", "regions", "waste", "paths", "frames" and
 * "cuts". */
#ifndef TOOLS_HTML_SITES_H
#define TOOLS_HTML_SITES_H

#include "dump.h"
#include "html_json.h"
#include "options.h"

void html_sites_write(const struct dump *d, const struct option_names *names, struct terms *strings,
                      FILE *to);

#endif
