/* Functions' names with what stands around them: namespaces, classes, functions. */
#ifndef TOOLS_QUALIFY_H
#define TOOLS_QUALIFY_H

#include "die.h"

struct qualifier;

/* It remembers where entries stand; use one for entries of one Dwarf (and its alternate) alone. */
struct qualifier *qualifier_new(void);
void qualifier_free(struct qualifier *q);

/* A function's name: mangled, as C++ and Rust do, or else with what is around it, unless it is C's.
 * NULL: it has none.  Good until the next call. */
const char *qualifier_name(struct qualifier *q, Dwarf_Die *function);

/* The class whose constructor a function is, if its objects have that size; NULL: it is none.  Good
 * until the next call of either. */
const char *qualifier_class(struct qualifier *q, Dwarf_Die *function, uint64_t size);

#endif
