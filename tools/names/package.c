/* Reads the index of a package; contract in package.h.
 *
 *   .debug_cu_index   version, columns, units, slots     version 2: before DWARF 5, else 5
 *                     ids of the slots, 8 bytes each     a hash table; searched as a list here
 *                     rows of the slots, 4 bytes each    from 1; 0: free
 *                     a section of each column           numbered as below
 *                     offsets: of each unit, by column   where its part of the section starts
 *                     sizes: of each unit, by column
 */
#include "package.h"

#include <string.h>

enum { COLUMNS_MAX = 16, HEAD_BYTES = 16 };

/* The names of sections, by the number of their column in the index. */
static const char *const names2[] = {NULL,
                                     ".debug_info.dwo",
                                     NULL, /* types: of no interest here */
                                     ".debug_abbrev.dwo",
                                     ".debug_line.dwo",
                                     ".debug_loc.dwo",
                                     ".debug_str_offsets.dwo",
                                     NULL,
                                     NULL};
static const char *const names5[] = {NULL,
                                     ".debug_info.dwo",
                                     NULL,
                                     ".debug_abbrev.dwo",
                                     ".debug_line.dwo",
                                     ".debug_loclists.dwo",
                                     ".debug_str_offsets.dwo",
                                     NULL,
                                     ".debug_rnglists.dwo"};
enum { NAMES = sizeof names2 / sizeof *names2 };

struct index {
  const unsigned char *ids, *rows, *columns, *offsets, *sizes;
  uint32_t version, n_columns, units, slots;
};

static uint32_t number(const unsigned char *at) {
  uint32_t n;
  memcpy(&n, at, sizeof n);
  return n;
}

static bool index_read(const struct section *s, struct index *x) {
  if (s == NULL || s->size < HEAD_BYTES)
    return false;
  *x = (struct index){.version = number(s->bytes) & 0xFFFF,
                      .n_columns = number(s->bytes + 4),
                      .units = number(s->bytes + 8),
                      .slots = number(s->bytes + 12)};
  uint64_t row = (uint64_t)x->n_columns * 4;
  uint64_t needed = HEAD_BYTES + (uint64_t)x->slots * 12 + row + 2 * (uint64_t)x->units * row;
  if ((x->version != 2 && x->version != 5) || x->n_columns > COLUMNS_MAX || needed > s->size)
    return false;
  x->ids = s->bytes + HEAD_BYTES;
  x->rows = x->ids + (size_t)x->slots * 8;
  x->columns = x->rows + (size_t)x->slots * 4;
  x->offsets = x->columns + row;
  x->sizes = x->offsets + x->units * row;
  return true;
}

/* Returns the row of a unit, counted from 1; 0: it has none. */
static uint32_t row_find(const struct index *x, uint64_t id) {
  for (uint32_t i = 0; i < x->slots; i++) {
    uint32_t row = number(x->rows + (size_t)i * 4);
    if (row != 0 && row <= x->units && memcmp(x->ids + (size_t)i * 8, &id, sizeof id) == 0)
      return row;
  }
  return 0;
}

/* Sets the part of one section that is the unit's. */
static bool part_add(const struct sections *package, const char *name, uint32_t offset,
                     uint32_t size, struct sections *unit) {
  const struct section *whole = sections_find(package, name);
  if (whole == NULL || offset > whole->size || size > whole->size - offset)
    return false;
  sections_add(unit, name, whole->bytes + offset, size);
  return true;
}

bool package_unit(const struct sections *package, uint64_t id, struct sections *unit) {
  static const char strings[] = ".debug_str.dwo"; /* all units share it */
  struct index x;
  uint32_t row = index_read(sections_find(package, ".debug_cu_index"), &x) ? row_find(&x, id) : 0;
  const struct section *shared = sections_find(package, strings);
  for (uint32_t i = 0; row != 0 && i < x.n_columns; i++) {
    uint32_t column = number(x.columns + (size_t)i * 4);
    size_t at = ((size_t)(row - 1) * x.n_columns + i) * 4;
    const char *name = column < NAMES ? (x.version == 5 ? names5 : names2)[column] : NULL;
    if (name != NULL && number(x.sizes + at) > 0 &&
        !part_add(package, name, number(x.offsets + at), number(x.sizes + at), unit))
      return false;
  }
  if (row != 0 && shared != NULL)
    sections_add(unit, strings, shared->bytes, shared->size);
  return row != 0;
}
