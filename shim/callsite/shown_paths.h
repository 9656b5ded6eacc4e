/* Call paths as readers outside of the process see them: copies in pieces of the record
 * (arena/pieces.h, record_format.h), written when a node or a call site is new, or a node changes.
 *
 * The process itself never reads the copies.  If there is no memory for one, a reader lacks it, and
 * shows a call site without a path.
 *
 * Any thread, signal handlers too; lock-free.
 */
#ifndef SHIM_SHOWN_PATHS_H
#define SHIM_SHOWN_PATHS_H

#include "path_tree.h"
#include "record_format.h"

/* n was made; that call site ends at n now; n's address has changed. */
hidden void shown_node(const struct node *n, enum record_node_kind kind);
hidden void shown_node_site(const struct node *n, uint32_t site);
hidden void shown_node_address(const struct node *n);

/* Is n shown?  Shows no node of that number any more. */
hidden bool shown_has_node(const struct node *n);
hidden void shown_forget_node(unsigned number);

#endif
