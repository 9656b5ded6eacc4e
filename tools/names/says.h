/* What a library function's name says of the type that it allocates.
 *
 *   std::make_unique<AdminSession>                              a new AdminSession
 *   std::__new_allocator<std::_List_node<Plain> >::allocate     elements: Plain
 *   std::vector<Plain, std::allocator<Plain> >::reserve         a container: std::vector<Plain>
 *
 * Types are written as in a program's source: std::string, and without default arguments.
 */
#ifndef TOOLS_SAYS_H
#define TOOLS_SAYS_H

#include <stdbool.h>

enum says_kind {
  SAYS_NOTHING,
  SAYS_RAW,     /* bytes of no type: malloc, operator new */
  SAYS_MADE,    /* one new object of the type, made there */
  SAYS_ELEMENT, /* an allocator's elements, of the type */
  SAYS_INSIDE,  /* a part of a container; the type, if it is known, is the container's */
  SAYS_FACE,    /* a container, of the type */
  SAYS_PASS     /* stands between these, and adds nothing */
};

struct says {
  enum says_kind kind;
  bool plain;  /* what it holds has no constructors: all that is allocated there is its own */
  char *type;  /* owned; NULL: none */
  char *value; /* of SAYS_INSIDE and SAYS_FACE: what the container holds; owned; NULL: none */
};

/* A type's name as above, to be freed; NULL: its brackets don't match. */
char *says_type(const char *name);

/* Of a demangled name without parameters; the caller frees the types. */
struct says says_of(const char *name);

#endif
