/* Sections that grow, and the file made of them; contract in image.h. */
#include "image.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static const size_t item_bytes[IMAGE_SECTIONS] = {
    [DUMP_STRINGS - 1] = 1,
    [DUMP_PROCESS - 1] = sizeof(struct dump_process),
    [DUMP_ARENAS - 1] = sizeof(struct dump_arena),
    [DUMP_CLASSES - 1] = sizeof(struct dump_class),
    [DUMP_LEDGER - 1] = sizeof(struct dump_ledger),
    [DUMP_HEALTH - 1] = sizeof(struct dump_health),
    [DUMP_MODULES - 1] = sizeof(struct dump_module),
    [DUMP_REGIONS - 1] = sizeof(struct dump_region),
    [DUMP_BLOCKS - 1] = sizeof(struct dump_block),
    [DUMP_ACCOUNTS - 1] = sizeof(struct dump_account),
    [DUMP_SITES - 1] = sizeof(struct dump_site),
    [DUMP_NODES - 1] = sizeof(struct dump_node),
    [DUMP_MOMENTS - 1] = sizeof(struct dump_moment),
    [DUMP_SHARES - 1] = sizeof(struct dump_share),
    [DUMP_EVENTS - 1] = sizeof(struct dump_event),
    [DUMP_MAPPINGS - 1] = sizeof(struct dump_mapping),
    [DUMP_MAPS_BY_SITE - 1] = sizeof(struct dump_map_account),
    [DUMP_MAPS - 1] = sizeof(struct dump_map),
};

void image_begin(struct image *m) {
  for (unsigned i = 0; i < IMAGE_SECTIONS; i++) {
    memset(&m->section[i], 0, sizeof m->section[i]);
    m->section[i].item_bytes = item_bytes[i];
  }
  image_add(m, DUMP_STRINGS); /* offset 0 is "" */
}

void image_free(struct image *m) {
  for (unsigned i = 0; i < IMAGE_SECTIONS; i++)
    free(m->section[i].items);
}

static void *add_many(struct image *m, enum dump_section_id id, size_t n) {
  size_t bytes = m->section[id - 1].item_bytes, used = m->section[id - 1].used;
  if (used + n > m->section[id - 1].room) {
    size_t room = 2 * used + n + 16;
    m->section[id - 1].items = must_extend(m->section[id - 1].items, used, room, bytes);
    m->section[id - 1].room = room;
  }
  m->section[id - 1].used += n;
  return m->section[id - 1].items + used * bytes;
}

void *image_add(struct image *m, enum dump_section_id id) { return add_many(m, id, 1); }

void *image_item(struct image *m, enum dump_section_id id, size_t index) {
  return m->section[id - 1].items + index * m->section[id - 1].item_bytes;
}

size_t image_items(const struct image *m, enum dump_section_id id) {
  return m->section[id - 1].used;
}

uint32_t image_text(struct image *m, const char *text, size_t most) {
  size_t n = strnlen(text, most), at = image_items(m, DUMP_STRINGS);
  if (n == 0 || at + n + 1 > UINT32_MAX)
    return 0;
  memcpy(add_many(m, DUMP_STRINGS, n + 1), text, n);
  return (uint32_t)at;
}

static uint64_t padded(uint64_t bytes) { return (bytes + DUMP_ALIGN - 1) & -(uint64_t)DUMP_ALIGN; }

/* How many sections there are. */
static uint32_t sections(void) {
  uint32_t n = 0;
  for (uint32_t i = 0; i < IMAGE_SECTIONS; i++)
    n += item_bytes[i] != 0;
  return n;
}

static uint64_t place(const struct image *m, struct dump_section *table, uint64_t offset) {
  for (uint32_t i = 0; i < IMAGE_SECTIONS; i++) {
    if (item_bytes[i] == 0)
      continue;
    *table = (struct dump_section){.id = i + 1,
                                   .item_bytes = (uint32_t)item_bytes[i],
                                   .offset = offset,
                                   .items = m->section[i].used};
    offset += padded(table->items * table->item_bytes);
    table++;
  }
  return offset;
}

unsigned char *image_end(struct image *m, size_t *bytes) {
  struct dump_section table[IMAGE_SECTIONS];
  uint32_t count = sections();
  size_t table_bytes = count * sizeof *table;
  struct dump_header h = {.magic = DUMP_MAGIC,
                          .major = DUMP_MAJOR,
                          .minor = DUMP_MINOR,
                          .header_bytes = sizeof h,
                          .section_count = count,
                          .section_bytes = sizeof *table};
  *bytes = h.file_bytes = place(m, table, sizeof h + table_bytes);
  unsigned char *file = must_zalloc(1, *bytes);
  for (unsigned i = 0; i < count; i++) {
    size_t used = table[i].items * table[i].item_bytes;
    if (used > 0)
      memcpy(file + table[i].offset, m->section[table[i].id - 1].items, used);
    table[i].crc = (uint32_t)crc32_z(0, file + table[i].offset, padded(used));
  }
  h.crc = (uint32_t)crc32_z(crc32_z(0, (unsigned char *)&h, sizeof h), (unsigned char *)table,
                            table_bytes);
  memcpy(file, &h, sizeof h);
  memcpy(file + sizeof h, table, table_bytes);
  return file;
}
