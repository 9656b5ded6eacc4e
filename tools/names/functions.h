/* Functions by the names that are shown: one for each name in a module, however often it is met. */
#ifndef TOOLS_FUNCTIONS_H
#define TOOLS_FUNCTIONS_H

#include "fold.h"
#include "says.h"

#include <stdint.h>

struct function {
  const char *name; /* demangled, without parameters and a symbol's version */
  bool folded;      /* one of fold's wrappers */
  struct says says; /* what its name says of types; equal texts have equal pointers */
};

/* One of the functions that an address lies in; all zero: not known. */
struct call {
  const struct function *function;
  const char *file; /* of the source, as the compiler got it, with directories */
  unsigned line;    /* of the call that was made */
  const char
      *made;      /* if it returned memory: the class that is constructed there; NULL: not known */
  uint64_t start; /* of the function's code, absolute; 0 where it was inlined, too */
};

struct functions;

/* `fold` must outlive it; NULL: nothing is folded. */
struct functions *functions_new(const struct fold *fold);
void functions_free(struct functions *f);

/* The function of a module that has a name, as its file writes it: mangled or not. */
const struct function *functions_get(struct functions *f, uint32_t module, const char *name);

/* One copy of a text as it is shown (utf8.h), which lives as long as the functions do. */
const char *functions_text(struct functions *f, const char *text);

#endif
