/* Many files as one dump.
 *
 *   facts     what each file is of: first pass
 *   choose    of several dumps of one process the last; nothing is counted twice
 *   sum       merge.h: second pass, a file at a time
 *
 * So a directory may hold snapshots, a record and the last dump of a process, and a file may be
 * named twice.  A process is told from others by host, pid and start; a dump of version 1.0 has no
 * start and always counts.
 */
#ifndef TOOLS_SET_H
#define TOOLS_SET_H

#include "dump.h"
#include "inputs.h"
#include "search.h"

typedef struct dump *set_opener(const char *name);

struct set_how {
  set_opener *open;            /* dump_open, or source_dump where a name may be a PID */
  bool keep_processes;         /* the process is the outermost frame of its paths */
  bool by_function;            /* frames are equal when their functions' names are */
  const struct search *search; /* where names are looked up; NULL: as usual */
};

/* What became of the files. */
struct set_count {
  size_t merged;  /* of these */
  size_t earlier; /* left out: a later dump of the same process is there */
  size_t unread;  /* left out after a line each: they can't be read */
  size_t partial; /* of those merged: parts are lost, as a line each says */
  uint32_t programs, hosts;
};

/* The sums as a file's bytes, to be freed; NULL: there is nothing to merge, said why. */
unsigned char *set_merge(const struct inputs *in, const struct set_how *how,
                         struct set_count *count, size_t *bytes);

/* The one dump of files that were named, for a command that shows it: a single one as it is, the
 * sums of several.  Says in one line how many were left out.  *unread: how many can't be read, each
 * told in a line; NULL: there is none to show. */
struct dump *set_open(struct inputs *in, set_opener *open, size_t *unread);

/* The indices of the files that count, in order of their names; *n: how many.  To be freed. */
size_t *set_choose(const struct inputs *in, set_opener *open, struct set_count *count, size_t *n);

#endif
