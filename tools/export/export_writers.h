/* The writers of all formats.  None returns an error: the caller asks the FILE for those. */
#ifndef TOOLS_EXPORT_WRITERS_H
#define TOOLS_EXPORT_WRITERS_H

#include "export_rows.h"

#include <stdio.h>

/* Paths as lines "outermost;...;innermost value". */
void export_collapsed(const struct export *e, FILE *to);
/* The same of two dumps: "path value-of-old value-of-new". */
void export_collapsed_both(const struct export *old, const struct export *new, FILE *to);
/* For valgrind's dh_view.html. */
void export_dhat(const struct export *e, FILE *to);
/* For google-pprof and jeprof, which find names themselves: so nothing is folded. */
void export_heap(const struct export *e, FILE *to);
/* All there is in a dump; tools/arenashim.schema.json describes it. */
void export_json(const struct export *e, FILE *to);
/* A line of JSON for each account, for databases. */
void export_jsonl(const struct export *e, FILE *to);
/* For `go tool pprof`. */
void export_pprof(const struct export *e, FILE *to);
/* For speedscope. */
void export_speedscope(const struct export *e, FILE *to);

#endif
