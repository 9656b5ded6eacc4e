/* Function symbols of a module's files: which function an address lies in. */
#ifndef TOOLS_SYMBOLS_H
#define TOOLS_SYMBOLS_H

#include <elfutils/libdwfl.h>
#include <stdint.h>

struct symbol {
  uint64_t start, end; /* as in the file; end exclusive */
  const char *name;    /* as in the file, so mangled; lives as long as the module */
};

struct symbols;

/* Reads what there is: .symtab of the file or of its debug file, .dynsym, .gnu_debugdata. */
struct symbols *symbols_new(Dwfl_Module *module);
void symbols_free(struct symbols *s);

/* The symbol that covers an address of the file, or NULL: never merely the nearest. */
const struct symbol *symbols_find(const struct symbols *s, uint64_t address);

#endif
