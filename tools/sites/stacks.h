/* Rows' paths as ways through a trie, outermost frame first.
 *
 * What shows the same is the same node: so frames of one dump merge, and those of two can meet.
 */
#ifndef TOOLS_STACKS_H
#define TOOLS_STACKS_H

#include "session.h"
#include "trie.h"

struct stacks;

/* Frames show as much as `detail` says.  Session and trie must outlive it. */
struct stacks *stacks_new(const struct session *s, struct trie *t, enum frame_detail detail);
void stacks_free(struct stacks *s);

/* The node of a row's innermost frame, or of its words below that. */
uint32_t stacks_node(struct stacks *s, const struct row *r);

#endif
