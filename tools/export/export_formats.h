/* The formats that an export can have, by name. */
#ifndef TOOLS_EXPORT_FORMATS_H
#define TOOLS_EXPORT_FORMATS_H

#include "export_frames.h"
#include "export_rows.h"

#include <stdio.h>

struct export_format {
  const char *name;
  void (*write)(const struct export *e, FILE *to);
  enum frames_detail detail;
  bool binary; /* a terminal can't show it */
  bool whole;  /* all of a dump: of use without call sites, too */
  bool delta;  /* it can say what changed */
  bool both;   /* malloc's memory and what the program mapped itself; others have one of them */
};

/* All of them; the last one has no name. */
extern const struct export_format export_formats[];

#endif
