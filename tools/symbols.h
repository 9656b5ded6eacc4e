/* Function symbols of one ELF file: which function an address of the file lies in. */
#ifndef TOOLS_SYMBOLS_H
#define TOOLS_SYMBOLS_H

#include <stdint.h>

struct symbol {
  uint64_t start, end; /* as in the file; end exclusive */
  const char *name;    /* as in the file, so mangled */
};

struct symbols {
  struct symbol *items; /* by start, no two alike */
  uint64_t *reach;      /* of each: the largest end up to it */
  uint32_t count;
  void *elf; /* keeps the names */
};

/* Reads .symtab and .dynsym of the file that has this build-id; a file without one must not be
 * newer than unix_time.  NULL when it can't be had, and then *why is the reason, or NULL when
 * there is nothing to tell (no such file). */
struct symbols *symbols_open(const char *path, const char *build_id, uint64_t unix_time,
                             const char **why);

void symbols_close(struct symbols *s);

/* The symbol that covers an address of the file, or NULL: never merely the nearest. */
const struct symbol *symbols_find(const struct symbols *s, uint64_t address);

#endif
