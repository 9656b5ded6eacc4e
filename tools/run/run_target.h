/* Whether a program lets a library be preloaded that replaces its malloc, found out before it runs.
 */
#ifndef TOOLS_RUN_TARGET_H
#define TOOLS_RUN_TARGET_H

#include <stdbool.h>

/* Looks at a program's file, of a script at its interpreter's, of `#!/usr/bin/env NAME` at NAME's.
 * False after one line when it can't be watched; warns of what won't be seen.  A file that can't
 * be read, or whose interpreter is missing, is left to the kernel to judge. */
bool target_check(const char *path);

#endif
