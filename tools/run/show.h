/* `arenashim FILE...`: the screen of `arenashim run`, of the dumps that it left. */
#ifndef TOOLS_SHOW_H
#define TOOLS_SHOW_H

#include <stdbool.h>

/* Whether a word that is no command's name names a file to show, or a directory of files. */
bool show_is_file(const char *word);

/* Shows the files that the words name, argv[0] too, on standard output; returns the exit status. */
int show_command(int argc, char **argv);

#endif
