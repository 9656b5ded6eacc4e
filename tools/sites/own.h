/* The program's own functions among the frames of its paths: those that its author looks for.
 *
 *   path           std::string::_M_create < load_names < main < __libc_start_main
 *   innermost own                           load_names
 *
 * What is own stands in frame.h.
 */
#ifndef TOOLS_OWN_H
#define TOOLS_OWN_H

#include "paths.h"
#include "trie.h"

/* Of each path, the path up to its innermost own function; PATH_ROOT: it has none.  To be freed. */
uint32_t *own_paths(const struct paths *p, const struct dump *d, const struct names *names);

/* Of each path, the number in `texts` of "function (file.cc)": its innermost own one, or where none
 * is, the innermost; of the empty path 0, that of "".  `own` is what own_paths gave.  To be freed.
 */
uint32_t *own_functions(const struct paths *p, const struct dump *d, const struct names *names,
                        const uint32_t *own, struct trie *texts);

#endif
