/* The rules of return addresses, found by the address alone: a small table beside the path tree.
 *
 *   holder[hash of ra]     the root's child of that address, which holds its rule (path_tree.h)
 *
 * A node that is replaced by another, or dead, is not taken for the one that is looked for.  The
 * table belongs to an arena: only its thread uses it, and signal handlers that interrupt it.
 */
#ifndef SHIM_KNOWN_RULES_H
#define SHIM_KNOWN_RULES_H

#include "path_tree.h"

enum { KNOWN_RULES = 1024 };
struct known_rules {
  const struct node *holder[KNOWN_RULES]; /* NULL: empty */
};

/* The rule of ra; RULE_UNKNOWN: there is none. */
static inline struct rule known_rule(struct known_rules *rules, uintptr_t ra) {
  const struct node **place = &rules->holder[(ra ^ ra >> 10) % KNOWN_RULES], *n = *place;
  if (unlikely(n == NULL || n->address != ra)) {
    n = path_holder(ra);
    if (n == NULL)
      return (struct rule){.kind = RULE_UNKNOWN};
    *place = n;
  }
  return node_rule(n);
}

#endif
