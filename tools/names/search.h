/* Which file of a module is wanted, and where it is looked for. */
#ifndef TOOLS_SEARCH_H
#define TOOLS_SEARCH_H

#include <stdint.h>

enum { SEARCH_MAX = 16 };

/* Where to look. All zero: at the modules' own paths, and where the system keeps debug files. */
struct search {
  const char *sysroot;
  const char *debug_dirs[SEARCH_MAX];
  unsigned debug_count;
};

/* What identifies the file that ran. */
struct modfile_wanted {
  const char *path;     /* as in the process; without a slash: no file (the vdso) */
  const char *build_id; /* hexadecimal; "": it had none, and then it must not be newer than */
  uint64_t unix_time;
};

#endif
