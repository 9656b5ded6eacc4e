/* Reads the sections of debug information of a file, decompressed, and makes an ELF file of them in
 * memory.  It knows zstd's compression, too, which older versions of elfutils don't.
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

/* A list of sections; all zero is an empty one. */
struct sections {
  struct section *items;
  size_t count, room;
};

enum sections_kind {
  SECTIONS_WHOLE, /* ".debug_info" and its like; ".zdebug_info" is called so, too */
  SECTIONS_SPLIT  /* ".debug_info.dwo" and its like, and a package's index of them */
};

/* Adds a file's sections of a kind; they are valid while the file is open.  False: one of them
 * can't be read. */
bool sections_read(struct sections *s, Elf *elf, enum sections_kind kind);
void sections_free(struct sections *s);

/* Whether a file has a section that only zstd decompresses. */
bool sections_zstd(Elf *elf);

/* Returns the section of that name, or NULL if there is none. */
struct section *sections_find(const struct sections *s, const char *name);

/* The first adds a section whose bytes stay the caller's.  The second makes a section longer by
 * zeros, or adds one of zeros if there is none. */
void sections_add(struct sections *s, const char *name, const void *bytes, size_t size);
void sections_lengthen(struct sections *s, const char *name, size_t more);

/* Returns an ELF file of these sections; the caller frees it.  From then on each section's `bytes`
 * point into that file: they must not be read after it is freed. */
unsigned char *sections_file(struct sections *s, size_t *size);

#endif
