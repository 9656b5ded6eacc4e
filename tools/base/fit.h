/* A line of text cut to a width.  Its heart, if one is marked, is cut last.
 *
 *   std::vector<char*>::_M_realloc_insert < Journal::remember (app.cc:14) < main < _start
 *   std::vector<...>::_M_real... < Journal::remember (app.cc:14)...
 *   ... < Journal::remember (app.cc:14)...
 *   Journ...member (app.cc:14)...
 *
 * The heart is a name and the place that stands after it.  Before anything is cut, nameless
 * namespaces and the arguments of templates are left out.
 */
#ifndef TOOLS_FIT_H
#define TOOLS_FIT_H

#include <stddef.h>
#include <stdio.h>

/* Marks around the heart: name, place, end.  They are never printed. */
#define FIT_NAME  "\001"
#define FIT_PLACE "\002"
#define FIT_END   "\003"

/* Prints a line in at most `columns` columns; 0: in as many as it needs. */
void fit_print(const char *line, size_t length, unsigned columns, FILE *to);

/* The columns that a line needs, and those that its heart does when all else is cut; 0: none is
 * marked. */
unsigned fit_columns(const char *line, size_t length);
unsigned fit_heart(const char *line, size_t length);

/* A copy without "(anonymous namespace)::", which is not worth the room; to be freed. */
char *fit_short(const char *line, size_t length);

#endif
