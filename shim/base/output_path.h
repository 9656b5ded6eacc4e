/* The file that a report or dump is written to: what stands under its path, and how it is opened,
 * created and named.
 *
 * Its directory may belong to other users, who can put links, pipes or devices under names that
 * they guess.  The rules:
 *
 *   path                                                    is written to
 *   /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N    that descriptor itself, at its offset
 *   a device or pipe, or a link to one, which no other      itself
 *   user can have put there
 *   anything else                                           a new file beside it, which then
 *                                                           takes the name
 *
 * No other user can have put it there if its directory belongs to us or to root and neither group
 * nor others can write in it; or if it is no link, belongs to us, and has one name.  A last
 * component that is a link to a regular file is never followed.
 *
 * A new file has mode 0600; in a directory that belongs to us, and where neither group nor others
 * can write, it has 0644 without the umask: nobody else can write into a record, by which tags are
 * switched (process/attached.h).
 *
 * System calls only.  Any thread, signal handlers too.
 */
#ifndef SHIM_OUTPUT_PATH_H
#define SHIM_OUTPUT_PATH_H

#include "path_pattern.h"

/* Bytes of a path made from a pattern, the endings of temporary names and the NUL included. */
enum { OUTPUT_NAME_MAX = PATTERN_MAX + 64 };

enum output_kind {
  OUTPUT_STDERR,     /* no path */
  OUTPUT_DESCRIPTOR, /* a descriptor of the program, named by its number */
  OUTPUT_DIRECT,     /* a device or a pipe */
  OUTPUT_FILE        /* a new file */
};

/* The descriptor that a path names; -1 if it names none. */
hidden int output_path_fd(const char *path);

/* OUTPUT_DIRECT or OUTPUT_FILE, for a path that names no descriptor. */
hidden enum output_kind output_kind_of(const char *name);

/* Opens a path of kind OUTPUT_DIRECT for writing.  If nobody reads the pipe, waits about a second
 * for a reader; writing to it later never blocks.  Returns a descriptor above 2, or -1 with
 * errno. */
hidden int output_open_direct(const char *name);

/* Creates a new file beside `name`, opens it for reading and writing, and stores its temporary name
 * in `temporary`.  Returns a descriptor above 2; or -1 with errno, and "" as the temporary name. */
hidden int output_open_temporary(const char *name, char temporary[OUTPUT_NAME_MAX]);

/* Renames the temporary file to `name`; if that exists already, to a longer name, which is stored
 * in `name`.  `number`: of the report in this process.  False with errno, and nothing renamed, if
 * that fails. */
hidden bool output_rename(const char *temporary, char name[OUTPUT_NAME_MAX], uint64_t number);

/* Renames the temporary file to `name`, in place of a file that has that name.  False with errno.
 */
hidden bool output_replace(const char *temporary, const char *name);

/* 0 if writing to that path would work as things are now; otherwise the errno value that it would
 * fail with.  Changes nothing. */
hidden int output_error(const char *name);

#endif
