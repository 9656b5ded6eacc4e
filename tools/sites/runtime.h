/* Call sites that are no business of the program's author: what the dynamic loader keeps of each
 * library, and the pool that the C++ library holds for exceptions when memory is short.
 */
#ifndef TOOLS_RUNTIME_H
#define TOOLS_RUNTIME_H

#include "paths.h"

/* Of each path: whether the loader's code asked for the memory, for any caller, or the C++
 * library did while it was loaded, and nothing else had called it.  To be freed. */
bool *runtime_paths(const struct paths *p, const struct dump *d, const struct names *names);

#endif
