/* What an ELF file says about how it can be run. */
#ifndef TOOLS_RUN_ELF_H
#define TOOLS_RUN_ELF_H

#include <stdbool.h>

struct elf_facts {
  bool is_64, is_x86;    /* x86-64 in either case when both */
  bool go;               /* Go's compiler made it */
  bool own_malloc;       /* defines malloc itself, for itself and its libraries */
  char interpreter[256]; /* the dynamic loader; "": it is linked statically */
  char soname[64];       /* "": none */
  char sanitizer[16];    /* "Address", "Thread", ...: it is built with that one; "": none */
};

/* Whether a file is an ELF file that can be read; *facts are then its. */
bool elf_facts_read(const char *path, struct elf_facts *facts);

#endif
