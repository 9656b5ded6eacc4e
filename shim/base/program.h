/* What the process was at exec: its program's name, its host, its command line, when it began.
 *
 * All of it is read once, at the start, and kept: a program can write over its arguments later (to
 * show a title in ps), rename its threads, or change its root to a place without /proc.  The names
 * become parts of file names: they have only letters, digits and . _ + -, at most 64 of them, and
 * are never . or .. , so that no name can choose a directory.
 *
 * Functions without a rule of their own: any thread, signal handlers too.
 */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include "base.h"

enum { PROGRAM_NAME_MAX = 64, PROGRAM_COMMAND_MAX = 4096 };

/* Reads the program's name and host, in the process's first malloc.  `in_full`: files will be
 * written, so a few system calls are worth their cost.  Otherwise none is made: the name of a
 * script stands for its interpreter's, and the host is "unknown".  errno is kept. */
hidden void program_read(bool in_full);

/* Keeps the command line as text, cut at PROGRAM_COMMAND_MAX bytes, in the constructor.  Not
 * `whole`: only the program's name and the number of its arguments, because passwords can be among
 * them. */
hidden void program_read_arguments(int count, char *const *arguments, bool whole);

/* The base name of the program's file: of a script, its interpreter's; of a program that was given
 * to the loader as an argument, the program's.  Never empty; "unknown" before program_read. */
hidden const char *program_name(void);

/* The host's name, as uname gives it; "unknown" if it was not read. */
hidden const char *program_host(void);

/* The command line as program_read_arguments kept it; "" before. */
hidden const char *program_command(void);

/* Sets the time at which this process began to now: in the constructor, and in a fork's child. */
hidden void program_begins(void);

/* When this process began, by exec or by a fork, in nanoseconds of UNIX time; 0 before
 * program_begins. */
hidden uint64_t program_began_ns(void);

/* Nanoseconds since then, by the monotonic clock, which nobody can set; 0 before program_begins. */
hidden uint64_t program_lived_ns(void);

/* 64 bits that other users cannot guess, different at each call and in each process.  Its only
 * system call is getpid. */
hidden uint64_t program_random(void);

#endif
