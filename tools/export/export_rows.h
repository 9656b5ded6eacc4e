/* What an export is made of: the rows of a session, and a row of one site or account alone. */
#ifndef TOOLS_EXPORT_ROWS_H
#define TOOLS_EXPORT_ROWS_H

#include "session.h"

/* In the order in which a file that has all of them shows them. */
enum export_value { EXPORT_LIVE, EXPORT_ALLOCS, EXPORT_PEAK, EXPORT_BYTES, EXPORT_WASTE };

/* What a format's writer gets. */
struct export {
  const struct dump *dump;
  const struct dump *base; /* NULL; else the dump's sums are differences from it, and signed */
  enum export_value value; /* of a file that has one alone; of one that has all: shown first */
  bool mapped;             /* of a file that has both kinds of memory: this one is shown first */
  bool resident;           /* the sites' resident bytes are known: asked once of all of them */
  struct session session;
  struct export_frames *frames; /* NULL for FRAMES_NONE */
};

/* A row's figure, as row_added() has it. */
uint64_t export_value(enum export_value value, const struct row *r);

/* The row of one site, without figures. */
struct row export_site(const struct session *s, uint32_t site);

/* The row of one account alone; of one of mapped memory. */
struct row export_account(const struct session *s, uint32_t account);
struct row export_mapped(const struct session *s, uint32_t account);

#endif
