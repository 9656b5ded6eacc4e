/* The FILEs that a command is given: as many as the user names, the dumps and records of
 * directories, and names that are read from standard input.
 *
 *   app.1.dump app.2.dump      these
 *   DIRECTORY                  its NAME.dump and NAME.record, by name; not those further down
 *   -                          a name a line, each a file or a directory
 */
#ifndef TOOLS_INPUTS_H
#define TOOLS_INPUTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct inputs {
  char **names; /* of no directory */
  size_t count;
  bool is_set;    /* a directory or a list was named, or several files */
  char *title;    /* what messages call them: the name of the one file, or "12 files" */
  bool read_list; /* standard input was read */
};

/* Whether a word may stand for several files: a directory, or "-" for a list. */
bool inputs_is_several(const char *word);

/* Adds what a word stands for.  NULL, or why it can't be, to be freed. */
char *inputs_add(struct inputs *in, const char *word);
void inputs_free(struct inputs *in);

/* What messages call them. */
const char *inputs_title(struct inputs *in);

/* Removes the file at a path, whatever name it has among them.  Returns how many went. */
size_t inputs_drop(struct inputs *in, const char *path);

#endif
