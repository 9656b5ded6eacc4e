/* Paths whose outer frames stand in a tree of their own become whole.
 *
 *   nodes   0 <- a <- joint(x)            become   0 <- a <- x <- y <- main
 *           0 <- main <- y <- x (outer)
 *
 * Afterwards there are no outer nodes and no joints: each path is what lies between its node and
 * the root, as in dumps before 1.3.
 */
#ifndef TOOLS_JOINTS_H
#define TOOLS_JOINTS_H

#include "dump.h"

/* Replaces the nodes, and the sites' and regions' references to them.  Once, when the dump has been
 * verified.  Paths of more than DUMP_DEPTH_MAX nodes end there, and so do those of a damaged dump
 * whose joints lead to more frames than can have been recorded. */
void joints_unfold(struct dump *d);

#endif
