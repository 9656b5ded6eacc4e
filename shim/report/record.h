/* The record's head and its file (record_format.h, ARENASHIM_RECORD).
 *
 *   start          head filled: the process can be read from outside
 *                  with ARENASHIM_RECORD: the pieces move into the file
 *   now and then   gauges published, in slow paths
 *   fork           the child's pieces are private; it gets a file of its own when it has lived for
 *                  a while, if it still has one thread then (pieces_to_file)
 *   end            the dump takes the file's place; with ARENASHIM_DUMP, which says where the dump
 *                  goes, the file is removed when the dump is written
 *
 * After a kill, a crash or an exec the file stays as it was at that moment.
 */
#ifndef SHIM_RECORD_H
#define SHIM_RECORD_H

#include "base.h"
#include "record_format.h"

/* Fills the head and begins the file, if one is wanted.  In the constructor, after all tables were
 * set up.  Failures are printed in one line, unless the dump goes to the same directory, and the
 * program goes on without the file.  Keeps errno. */
hidden void record_setup(void);

/* The head, which others may write into. */
hidden struct record_process *record_head(void);

/* Publishes how much is mapped, and live of large objects: in slow paths, when that may have grown
 * or fallen.  Any thread. */
hidden void record_note_amounts(void);

/* Publishes what tags are, and those amounts: when somebody has attached, before he is answered.
 * By one thread at a time. */
hidden void record_note_tags(void);

/* Publishes all gauges if they are older than RECORD_TICK_MS, and begins a fork child's file when
 * it is time.  In slow paths, by the thread that has a whole heap; keeps errno. */
enum { RECORD_TICK_MS = 100 };
hidden void record_tick(void);

/* In the child of a fork, after the pieces are private. */
hidden void record_fork_child(void);

/* At the process's end, after the dump that ARENASHIM_DUMP asked for; `dumped`: it was written.
 * `reason` as in dump_write. */
hidden void record_end(enum dump_reason reason, bool dumped);

/* Removes the file, if there is one: a dump has all of it, and a signal ends the process now.
 * Signal handlers too. */
hidden void record_remove(void);

#endif
