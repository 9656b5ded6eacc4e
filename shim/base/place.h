/* What a path pattern stands for, and what is already there under that name.
 *
 * Directories may belong to others, who can put links, pipes or devices under names that they
 * guess.  The rules:
 *
 *   /dev/stdout, /dev/stderr, /dev/fd/N, /proc/self/fd/N    that descriptor itself, at its offset
 *   a device, a pipe, or a link to one                      is written to, if nobody else can have
 *                                                           put it there: see below
 *   anything else                                           a file of our own beside it
 *
 * Nobody else can have put it there: its directory belongs to us or to root and neither group nor
 * others can write in it; or it is no link and belongs to us, with one name.  A last component that
 * is a link to a regular file is never followed.
 *
 * A file has mode 0600; in a directory that belongs to us, and where neither group nor others can
 * write, 0666 without the umask.
 */
#ifndef SHIM_PLACE_H
#define SHIM_PLACE_H

#include "options.h"
#include "text.h"

/* Bytes of a name made from a pattern, the endings of temporary names included. */
enum { SINK_NAME_MAX = PATTERN_MAX + 64 };

enum place_kind {
  PLACE_STDERR,     /* no name */
  PLACE_DESCRIPTOR, /* of the program, named by its number */
  PLACE_DIRECT,     /* a device, a pipe */
  PLACE_FILE
};

/* Fills in %p pid, %e program, %h host, %t unix time, %n `number`, %%; a pattern that ends in "/"
 * means "%e.%p.dump" in that directory, of a report "%e.%p.txt".  Cut at capacity. */
hidden void place_expand(struct text *to, const char *pattern, const char *what, uint64_t number);

/* The descriptor that a path names; -1: none. */
hidden int place_descriptor(const char *path);

/* What must be done to write under that name: PLACE_DIRECT or PLACE_FILE. */
hidden enum place_kind place_look(const char *name);

/* Opens what place_look found to be PLACE_DIRECT.  A pipe that nobody reads is waited for, about a
 * second; writing to one never blocks.  A descriptor above 2, or -1 with errno. */
hidden int place_open_direct(const char *name);

/* Creates a file of our own beside that name; its temporary name goes into `temporary`.  Returns as
 * place_open_direct. */
hidden int place_open_temporary(const char *name, char temporary[SINK_NAME_MAX]);

/* The temporary file takes that name, or if there is one already a longer one, which goes into
 * `name`.  False with errno: it has still its temporary name. */
hidden bool place_give_name(const char *temporary, char name[SINK_NAME_MAX], uint64_t number);

/* 0, or the errno value that writing there would end with as things are now. */
hidden int place_error(const char *name);

#endif
