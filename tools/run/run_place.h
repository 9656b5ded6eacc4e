/* Where the dumps of a run go.
 *
 * While a process runs, its record NAME.PID.record lies beside where its dump is to come.
 *
 *                    while it runs                        at the end
 *   default          arenashim.NAME.PID/NAME.PID.dump     they stay
 *   -o FILE          the same, in FILE's directory        the program's own: FILE, others beside it
 *   -o DIRECTORY/    the same, in DIRECTORY               in DIRECTORY
 *
 * The directory is this run's alone: whatever dump lies in it is of this run, though others run in
 * the same place at the same time.  Processes that outlive the program write theirs there, later;
 * when there are none, an empty directory is removed.
 */
#ifndef TOOLS_RUN_PLACE_H
#define TOOLS_RUN_PLACE_H

#include <stdbool.h>

struct run_place {
  char *directory; /* as the user would type it */
  char *path;      /* the same, absolute */
  char *file;      /* FILE, as the user would type it; NULL: not named */
  char *out;       /* where all are moved at the end, "" or with a slash behind it; NULL: nowhere */
};

/* Makes the directory: where `out` says, or (NULL) in the current directory, or where that can't be
 * written, in $TMPDIR or /tmp, and says so.  `name` is the program's, of run_name.  False after one
 * line when there is no place to write to. */
bool run_place_make(struct run_place *p, const char *out, const char *name);

/* The values of ARENASHIM_DUMP and ARENASHIM_RECORD.  The caller frees them. */
char *run_place_pattern(const struct run_place *p);
char *run_place_record_pattern(const struct run_place *p);

/* Where the name of a dump ends in ".dump", behind which the shim puts numbers if the name is
 * taken, or what makes it temporary; NULL: nowhere. */
const char *run_place_ending(const char *name);

/* Whether the file of that name is one that its writer is not done with. */
bool run_place_is_temporary(const char *name);

/* Removes what killed writers left, if nobody can be writing now, and the directory, if it is
 * empty then. */
void run_place_leave(const struct run_place *p, bool nobody_writes);

void run_place_free(struct run_place *p);

#endif
