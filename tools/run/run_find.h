/* The files that `arenashim run` starts from: the shim, and a program as a shell finds it. */
#ifndef TOOLS_RUN_FIND_H
#define TOOLS_RUN_FIND_H

/* libarenashim.so beside this command or where `make install` puts it, an absolute path; NULL after
 * one line that says why not.  The caller frees it. */
char *find_shim(void);

/* The file that a shell would run for this word; NULL: errno says why not.  The caller frees it. */
char *find_program(const char *word);

#endif
