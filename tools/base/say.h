/* Messages of the command on stderr: one line with a cause and a remedy.  What it quotes is shown
 * as utf8.h has it. */
#ifndef TOOLS_SAY_H
#define TOOLS_SAY_H

#include <stddef.h>
#include <stdio.h>

/* "arenashim: ..." for what ends the command. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "arenashim: warning: ..." for what it goes on after. */
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The command as its user can type it again: the path that it was called by, or its name alone,
 * found by PATH.  Told once, at the start. */
void say_called(const char *argv0);
const char *say_command(void);

/* How many lines were said so far. */
unsigned say_count(void);

/* How many rows of a terminal of that width they fill at most; 0: they went elsewhere. */
unsigned say_rows(unsigned width);

/* Where they go from now on; NULL: nowhere, though they count. At first stderr. */
void say_to(FILE *stream);

/* What an allocation gave; ends the command with status 2 when that is NULL. */
void *must_have(void *p);

/* malloc, calloc and strdup that end the command with status 2 when memory is short. */
void *must_alloc(size_t bytes);
void *must_zalloc(size_t items, size_t bytes);
void *must_resize(void *p, size_t items, size_t bytes);
char *must_copy(const char *s);

/* Resizes to `items`, of which those from `used` on become zero. */
void *must_extend(void *p, size_t used, size_t items, size_t bytes);

/* asprintf that does so, too; the caller frees the text. */
char *must_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
