/* `arenashim html`: a dump as one page for a browser, which needs nothing but the page itself. */
#ifndef TOOLS_HTML_H
#define TOOLS_HTML_H

#include "dump.h"
#include "options.h"
#include "rows.h"

struct html_options {
  struct inputs files;
  const char *file; /* what messages call them */
  const char *out;  /* NULL: FILE.html, of several merged.html; "-": standard output */
  enum sort value;  /* which the page shows first */
  struct option_names names;
};

/* Reads the words after "html"; ends the command when they are wrong or ask for help. */
void html_options_read(struct html_options *o, int argc, char **argv);

/* Runs the command; returns its exit status. */
int html_command(int argc, char **argv);

#endif
