/* The sections of debug information in a file, decompressed: zstd's too, which older libraries of
 * elfutils don't know; and an ELF file made of them in memory.
 */
#ifndef TOOLS_SECTIONS_H
#define TOOLS_SECTIONS_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>

struct section {
  char *name;                 /* owned */
  const unsigned char *bytes; /* of the file, or `owned`, or of somebody else */
  size_t size;
  unsigned char *owned; /* NULL: none */
};

/* All zero is an empty list. */
struct sections {
  struct section *items;
  size_t count, room;
};

enum sections_kind {
  SECTIONS_WHOLE, /* ".debug_info" and its like; ".zdebug_info" is called so, too */
  SECTIONS_SPLIT  /* ".debug_info.dwo" and its like, and a package's index of them */
};

/* Adds a file's sections of a kind, which are good while it is open.  False: one can't be read. */
bool sections_read(struct sections *s, Elf *elf, enum sections_kind kind);
void sections_free(struct sections *s);

/* Whether a file has a section that only zstd decompresses. */
bool sections_zstd(Elf *elf);

/* NULL: there is none. */
struct section *sections_find(const struct sections *s, const char *name);

/* Adds one with bytes of somebody else; makes one longer by zeros, or one of zeros. */
void sections_add(struct sections *s, const char *name, const void *bytes, size_t size);
void sections_lengthen(struct sections *s, const char *name, size_t more);

/* A file of these sections, to be freed.  Each section's `bytes` then are those in it: read them
 * only while it is there. */
unsigned char *sections_file(struct sections *s, size_t *size);

#endif
