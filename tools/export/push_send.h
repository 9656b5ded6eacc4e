/* HTTP by libcurl, which is loaded only when something is sent; nothing else needs it. */
#ifndef TOOLS_PUSH_SEND_H
#define TOOLS_PUSH_SEND_H

#include "push_options.h"

#include <stddef.h>

struct push_request {
  const char *url;     /* whole */
  const char *content; /* the body's type */
  const char *body;
  size_t bytes;
};

/* Sends it, and again when the server is busy (429 and 5xx) or not there, each time after a longer
 * pause, or after the one that it asks for.  False: said why not, in one line. */
bool push_send(const struct push_options *o, const struct push_request *r);

/* A text as it may stand in a URL's query; to be freed. */
char *push_escape(const char *text);

#endif
