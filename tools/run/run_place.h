/* Where the dumps of a run go.
 *
 *   the program's   FILE                children's   FILE.NAME.PID
 *
 * While it runs the program's own is FILE.NAME.PID, too: only its end tells which is its last.
 * Children that outlive the program write theirs later, at the same place.
 */
#ifndef TOOLS_RUN_PLACE_H
#define TOOLS_RUN_PLACE_H

#include <stdbool.h>
#include <stddef.h>

struct run_place {
  char *file;    /* FILE, as the user would type it */
  char *path;    /* the same, absolute */
  char **before; /* names like a child's that were there already */
  size_t n_before;
};

/* Chooses FILE: `out`, or (NULL) arenashim.PROGRAM.PID.dump in the current directory, or where
 * that can't be written, in $TMPDIR or /tmp, and says so.  False after one line when there is no
 * place to write to. */
bool run_place_choose(struct run_place *p, const char *out, const char *program);

/* The value of ARENASHIM_DUMP.  The caller frees it. */
char *run_place_pattern(const struct run_place *p);

/* Names in FILE's directory that are FILE's with something appended.  The caller frees them with
 * run_place_names_free. */
char **run_place_names(const struct run_place *p, size_t *count);
void run_place_names_free(char **names, size_t count);

void run_place_free(struct run_place *p);

#endif
