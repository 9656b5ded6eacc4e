/* `arenashim tree`: what calls cost, together with all they call, outermost frame first. */
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include "view.h"

/* Runs the command; returns its exit status. */
int tree_command(int argc, char **argv);

/* Writes the tree of a dump in memory: of o->sort's values, without what is below o->least. */
int tree_write(const struct view_options *o, const struct dump *old, const struct dump *d,
               FILE *to);

#endif
