/* A dump's file, built in memory (dump_format.h): what the shim writes, made from outside. */
#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include "../../shim/dump_format.h"

#include <stddef.h>

enum { IMAGE_SECTIONS = DUMP_MAPS }; /* some numbers stand for none */

struct image {
  struct {
    unsigned char *items;
    size_t item_bytes, used, room; /* of items */
  } section[IMAGE_SECTIONS];       /* by id - 1 */
};

/* Makes it one without items; frees the items. */
void image_begin(struct image *m);
void image_free(struct image *m);

/* Appends an item of zeros to a section and returns it, valid until the next one is appended. */
void *image_add(struct image *m, enum dump_section_id id);

/* The item of that index, which was appended; how many there are. */
void *image_item(struct image *m, enum dump_section_id id, size_t index);
size_t image_items(const struct image *m, enum dump_section_id id);

/* Appends a text of at most `most` bytes; returns its offset. */
uint32_t image_text(struct image *m, const char *text, size_t most);

/* The whole file, to be freed; *bytes: how long it is. */
unsigned char *image_end(struct image *m, size_t *bytes);

#endif
