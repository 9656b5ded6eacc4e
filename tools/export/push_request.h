/* What is sent: a profile as each server wants it.
 *
 *   Pyroscope   POST URL/ingest?format=pprof&name=NAME{host=H,pid=P}&from=S&until=S
 *               the body is the profile, pprof's gzip
 *   Parca       POST URL/profiles/writeraw, JSON: one series with its labels, the profile in base64
 */
#ifndef TOOLS_PUSH_REQUEST_H
#define TOOLS_PUSH_REQUEST_H

#include "dump.h"
#include "push_send.h"

/* Makes the request of a dump, whose figures are of the time since `from` (UNIX time).  False: said
 * why there is nothing to send. */
bool push_request_new(const struct push_options *o, const struct dump *d, uint64_t from,
                      struct push_request *r);
void push_request_free(struct push_request *r);

#endif
