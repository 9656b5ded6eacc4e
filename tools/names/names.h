/* Names for return addresses: functions, inlined ones too, and source lines.
 *
 * All addresses of a dump are looked up at once, a module after another, in order: each file is
 * read once, and closed before the next.  Never a wrong name: a file that is missing or another
 * build gives none, and its addresses are shown as module+offset.
 */
#ifndef TOOLS_NAMES_H
#define TOOLS_NAMES_H

#include "dump.h"
#include "functions.h"
#include "modfile.h"

#include <stdio.h>

struct names;

/* The dump and `fold` must outlive it; `fold` may be NULL, `search` too. */
struct names *names_new(const struct dump *d, const struct fold *fold, const struct search *search);
void names_free(struct names *n);

/* The functions at one of the dump's nodes, the innermost first: those that were inlined, then the
 * one they were inlined into.  At least one; *count says how many. */
const struct call *names_calls(const struct names *n, uint32_t node, uint32_t *count);

/* Whether one of the functions at a node is a wrapper to fold away. */
bool names_folds(const struct names *n, uint32_t node, const struct call *call);

/* The last part of a module's path; index + 1 as in nodes. */
const char *names_module(const struct names *n, uint32_t module);

/* What an address is shown as when its function isn't known: "module+0x12", or "0x7f00" without a
 * module (0). */
void names_print_address(const struct names *n, uint32_t module, uint64_t address, FILE *to);

#endif
