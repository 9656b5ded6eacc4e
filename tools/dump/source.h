/* What a dump can be read from again and again: a process that runs, or a file.
 *
 *   PID    the books in the process's memory (record/memory.h), or where that is forbidden in its
 *          record's file (record_find.h); it does not notice
 *   FILE   a dump, or a record, also of a process that is running or was killed
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include "dump.h"
#include "memory.h"

#include <sys/types.h>

enum source_state {
  SOURCE_RUNNING, /* the process was there at the last reading */
  SOURCE_ENDED,   /* the process has ended; or a file that was made at its end */
  SOURCE_KILLED,  /* a record whose process is gone without having ended by itself */
  SOURCE_FILE     /* a dump */
};

struct source;

/* The PID that digits name; 0: it is no PID. */
pid_t source_pid(const char *what);

/* `what`: digits are a PID, all else is a FILE.  NULL, and one line said, if it cannot be read. */
struct source *source_open(const char *what);

/* The books as they are now (dump_close frees them), with what the process's pages are for if that
 * has taken less than a hundredth of the time so far; NULL if the process has ended or the file is
 * gone, as source_state then says.  Says a line for other reasons. */
struct dump *source_read(struct source *s);

/* One reading of a process or a FILE, which wins where both have that name; NULL: said why not. */
struct dump *source_dump(const char *what);

/* As the last reading found it; source_close frees it. */
enum source_state source_state(const struct source *s);
void source_close(struct source *s);

/* Processes whose mappings are not shown to us: whether they run under the shim isn't known. */
struct source_closed {
  size_t of_others, of_ours; /* ours: of our user, but they forbid it or have other rights */
  pid_t first;               /* one of them; 0: there is none */
};

/* The processes that run under the shim and whose books may be read, in memory or in the file of a
 * record; *pids is to be freed.  `all`: those, too, that are seen to have the library but must not
 * be read, or are of another version.  Counts the others in *closed; NULL: not asked for. */
size_t source_pids(pid_t **pids, bool all, struct source_closed *closed);

/* Says in one line why a process cannot be read (errno belongs to the answer), or a record not be
 * opened (record_open's errno), and what to do. */
void source_say(pid_t pid, enum memory_answer answer);
void source_say_file(const char *path, int why);

/* The dump of a process that runs, or of a record, as a file's bytes, to be freed; NULL: said why
 * not. */
unsigned char *source_image(const char *what, size_t *bytes);

#endif
