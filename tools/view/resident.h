/* The command `resident`. */
#ifndef TOOLS_RESIDENT_H
#define TOOLS_RESIDENT_H

#include "view_options.h"

struct resident_options {
  struct view_options view; /* first: it is the parser's input */
  bool json;
};

/* Prints it, as view_writer; o is the view of a struct resident_options. */
int resident_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                   FILE *to);

int resident_command(int argc, char **argv);

#endif
