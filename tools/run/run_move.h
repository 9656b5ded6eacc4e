/* Moves a dump to its place. */
#ifndef TOOLS_RUN_MOVE_H
#define TOOLS_RUN_MOVE_H

#include <stdbool.h>

/* Moves a file, to another file system, too.  What is there already is replaced or, without
 * `replace`, is an error: EEXIST.  False with errno: the file is where it was. */
bool move_to(const char *from, const char *to, bool replace);

/* Moves it into a directory ("", or with a slash behind it) as NAME.PID.dump, without what the shim
 * has put behind that; where the name is taken, as NAME.PID-2.dump and so on.  Its new path, which
 * the caller frees; NULL with errno: it is where it was. */
char *move_into(const char *from, const char *directory);

#endif
