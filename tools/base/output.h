/* Where a command's result goes: standard output, or a file that is there whole or not at all.
 *
 * A file gets its name when all of it is written (scratch.h).  It is never more readable than its
 * input: a page or an export tells what a private dump does.  What is no regular file (a pipe,
 * /dev/full) is written itself.
 */
#ifndef TOOLS_OUTPUT_H
#define TOOLS_OUTPUT_H

#include "inputs.h"
#include "scratch.h"

#include <stdbool.h>
#include <stdio.h>

struct output {
  FILE *to;
  const char *name; /* for messages */
  char *path;       /* of the file that `scratch` becomes; NULL: none */
  struct scratch scratch;
};

/* `path` NULL: standard output.  `input` is a file that must stay.  `binary`: the format's name
 * when it is nothing for a terminal, else NULL.  False: said why not. */
bool output_open(struct output *o, const char *path, const char *input, const char *binary);

/* The same of several inputs: no more readable than any of them. */
bool output_open_of(struct output *o, const char *path, const struct inputs *inputs,
                    const char *binary);

/* Keeps what was written, or not.  False: it is not kept; said why if it could not be written. */
bool output_close(struct output *o, bool keep);

#endif
