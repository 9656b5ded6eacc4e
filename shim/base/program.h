/* What the process was at exec: its program's name, its host, its command line.
 *
 * All of it is read once, at the start, and kept: a program may write over its arguments later (to
 * show a title in ps), rename its threads, or go where /proc is not.  What becomes part of a
 * file's name holds only letters, digits and . _ + -, at most 64 of them, and is never . or .. :
 * no name can choose a directory.
 */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include "base.h"

enum { PROGRAM_NAME_MAX = 64, PROGRAM_COMMAND_MAX = 4096 };

/* In the first malloc.  `in_full`: files will be written, so a few system calls are worth it; else
 * none is made, the name of a script stands for its interpreter's, and the host is not known. */
hidden void program_read(bool in_full);

/* In the constructor: the command line, as text of at most PROGRAM_COMMAND_MAX bytes.  Not `whole`:
 * the program and how many arguments it has, because passwords may be among them. */
hidden void program_read_arguments(int count, char *const *arguments, bool whole);

/* The base name of the program's file; of a script, its interpreter's; not the loader's where that
 * was started with the program as an argument.  Never empty. */
hidden const char *program_name(void);

/* "unknown" where it was not read. */
hidden const char *program_host(void);

/* "" before the constructor. */
hidden const char *program_command(void);

/* In the constructor, and in the child of a fork: this process begins now. */
hidden void program_begins(void);

/* When this process began, by exec or by a fork: nanoseconds of UNIX time; and how many have passed
 * since, by a clock that nobody sets.  0 before program_begins. */
hidden uint64_t program_began_ns(void);
hidden uint64_t program_lived_ns(void);

/* 64 bits that other users can't guess, different at each call and in each process.  Any thread,
 * signal handlers too; no system call but getpid. */
hidden uint64_t program_random(void);

#endif
