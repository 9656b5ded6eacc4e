/* Writes a dump from a description: the second writer of the format, after the shim.
 *
 * Usage: make_dump OUT <DESCRIPTION
 *   process pid=7 program=demo command="demo -x"     an item: its section's singular, then fields
 *   node parent=0 kind=1 address=0x401000 module=1   fields that are not named are 0
 *   version 2.1       another version         extra ID BYTES   a section no reader knows
 *   widen NAME BYTES  larger items            drop NAME        no such section
 *   narrow NAME BYTES items without their last bytes, as an older version wrote them
 *   # comment
 * Text is put into the strings section; "label=TEXT" of a node is its address.
 */
#include "../../shim/dump_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
  const char *name;
  size_t offset, bytes;
  bool text;
};
#define NUMBER(type, field)                                                                        \
  { #field, offsetof(struct type, field), sizeof(((struct type *)0)->field), false }
#define LIVES(class)                                                                               \
  { "lives" #class, offsetof(struct dump_account, lives[class]), sizeof(uint32_t), false }
#define TEXT(type, field)                                                                          \
  { #field, offsetof(struct type, field), sizeof(((struct type *)0)->field), true }

static const struct field process[] = {NUMBER(dump_process, pid),
                                       NUMBER(dump_process, ppid),
                                       TEXT(dump_process, program),
                                       TEXT(dump_process, command),
                                       TEXT(dump_process, host),
                                       TEXT(dump_process, version),
                                       TEXT(dump_process, options),
                                       NUMBER(dump_process, reason),
                                       NUMBER(dump_process, signal),
                                       NUMBER(dump_process, flags),
                                       NUMBER(dump_process, limit_bytes),
                                       NUMBER(dump_process, limit_used),
                                       NUMBER(dump_process, limit_kind),
                                       NUMBER(dump_process, tags),
                                       NUMBER(dump_process, depth),
                                       NUMBER(dump_process, unix_time),
                                       NUMBER(dump_process, sample_bytes),
                                       NUMBER(dump_process, block_bytes),
                                       NUMBER(dump_process, slab_bytes),
                                       NUMBER(dump_process, live_objects),
                                       NUMBER(dump_process, live_bytes),
                                       NUMBER(dump_process, peak_bytes),
                                       NUMBER(dump_process, start_ns),
                                       NUMBER(dump_process, lived_ns),
                                       {0}};
static const struct field arena[] = {
    NUMBER(dump_arena, number),           TEXT(dump_arena, name),
    NUMBER(dump_arena, threads),          NUMBER(dump_arena, flags),
    NUMBER(dump_arena, total_allocs),     NUMBER(dump_arena, total_size),
    NUMBER(dump_arena, total_blocks),     NUMBER(dump_arena, total_block_size),
    NUMBER(dump_arena, total_big_blocks), NUMBER(dump_arena, live_objects),
    NUMBER(dump_arena, live_bytes),       NUMBER(dump_arena, live_rounded),
    NUMBER(dump_arena, peak_bytes),       NUMBER(dump_arena, frees),
    NUMBER(dump_arena, remote_frees),     {0}};
static const struct field class[] = {
    NUMBER(dump_class, cell_bytes),     NUMBER(dump_class, slabs),
    NUMBER(dump_class, in_use),         NUMBER(dump_class, free),
    NUMBER(dump_class, uncarved_bytes), NUMBER(dump_class, tail_bytes),
    NUMBER(dump_class, allocs),         NUMBER(dump_class, frees),
    NUMBER(dump_class, live_bytes),     {0}};
static const struct field ledger[] = {
    TEXT(dump_ledger, name), NUMBER(dump_ledger, kind), NUMBER(dump_ledger, bytes), {0}};
static const struct field health[] = {
    TEXT(dump_health, name), NUMBER(dump_health, flags), NUMBER(dump_health, count), {0}};
static const struct field module[] = {NUMBER(dump_module, start),
                                      NUMBER(dump_module, end),
                                      NUMBER(dump_module, bias),
                                      TEXT(dump_module, path),
                                      TEXT(dump_module, build_id),
                                      NUMBER(dump_module, flags),
                                      {0}};
static const struct field region[] = {TEXT(dump_region, name),
                                      NUMBER(dump_region, node),
                                      NUMBER(dump_region, state),
                                      NUMBER(dump_region, total_allocs),
                                      NUMBER(dump_region, total_size),
                                      NUMBER(dump_region, total_blocks),
                                      NUMBER(dump_region, total_block_size),
                                      NUMBER(dump_region, total_big_blocks),
                                      NUMBER(dump_region, used),
                                      NUMBER(dump_region, reserved),
                                      NUMBER(dump_region, peak),
                                      NUMBER(dump_region, destroyed),
                                      {0}};
static const struct field block[] = {
    NUMBER(dump_block, number), NUMBER(dump_block, arena), NUMBER(dump_block, bytes),
    NUMBER(dump_block, passed), NUMBER(dump_block, slabs), NUMBER(dump_block, in_use),
    NUMBER(dump_block, born),   NUMBER(dump_block, age),   {0}};
static const struct field account[] = {NUMBER(dump_account, arena),
                                       NUMBER(dump_account, site),
                                       NUMBER(dump_account, allocs),
                                       NUMBER(dump_account, frees),
                                       NUMBER(dump_account, bytes),
                                       NUMBER(dump_account, live_objects),
                                       NUMBER(dump_account, live_bytes),
                                       NUMBER(dump_account, live_rounded),
                                       NUMBER(dump_account, peak_bytes),
                                       NUMBER(dump_account, at_peak_objects),
                                       NUMBER(dump_account, at_peak_bytes),
                                       NUMBER(dump_account, temporary),
                                       NUMBER(dump_account, smallest),
                                       NUMBER(dump_account, largest),
                                       NUMBER(dump_account, pinned_bytes),
                                       NUMBER(dump_account, large_allocs),
                                       LIVES(0),
                                       LIVES(1),
                                       LIVES(2),
                                       LIVES(3),
                                       LIVES(4),
                                       LIVES(5),
                                       LIVES(6),
                                       LIVES(7),
                                       LIVES(8),
                                       LIVES(9),
                                       LIVES(10),
                                       LIVES(11),
                                       LIVES(12),
                                       LIVES(13),
                                       {0}};
static const struct field site[] = {NUMBER(dump_site, node),
                                    NUMBER(dump_site, kind),
                                    NUMBER(dump_site, resident_bytes),
                                    NUMBER(dump_site, swapped_bytes),
                                    {0}};
static const struct field node[] = {NUMBER(dump_node, parent),
                                    NUMBER(dump_node, module),
                                    NUMBER(dump_node, address),
                                    NUMBER(dump_node, kind),
                                    {"label", offsetof(struct dump_node, address), 8, true},
                                    {0}};

static const struct field moment[] = {
    NUMBER(dump_moment, time_ns),      NUMBER(dump_moment, live_bytes),
    NUMBER(dump_moment, mapped_bytes), NUMBER(dump_moment, resident_bytes),
    NUMBER(dump_moment, allocs),       NUMBER(dump_moment, rest_bytes),
    NUMBER(dump_moment, flags),        {0}};
static const struct field share[] = {
    NUMBER(dump_share, moment), NUMBER(dump_share, site), NUMBER(dump_share, bytes), {0}};
static const struct field event[] = {NUMBER(dump_event, time_ns), NUMBER(dump_event, value),
                                     NUMBER(dump_event, kind),    TEXT(dump_event, text),
                                     NUMBER(dump_event, count),   {0}};

static const struct field mapping[] = {
    NUMBER(dump_mapping, kind),     TEXT(dump_mapping, name),
    NUMBER(dump_mapping, start),    NUMBER(dump_mapping, mapped),
    NUMBER(dump_mapping, resident), NUMBER(dump_mapping, swapped),
    NUMBER(dump_mapping, trim),     NUMBER(dump_mapping, anonymous),
    NUMBER(dump_mapping, shared),   NUMBER(dump_mapping, depth),
    NUMBER(dump_mapping, guard),    NUMBER(dump_mapping, count),
    NUMBER(dump_mapping, site),     {0}};

static const struct field map_account[] = {NUMBER(dump_map_account, arena),
                                           NUMBER(dump_map_account, site),
                                           NUMBER(dump_map_account, allocs),
                                           NUMBER(dump_map_account, bytes),
                                           NUMBER(dump_map_account, ranges),
                                           NUMBER(dump_map_account, live_bytes),
                                           NUMBER(dump_map_account, peak_bytes),
                                           NUMBER(dump_map_account, at_peak_bytes),
                                           {0}};
static const struct field map[] = {NUMBER(dump_map, start),  NUMBER(dump_map, end),
                                   NUMBER(dump_map, offset), NUMBER(dump_map, arena),
                                   NUMBER(dump_map, site),   NUMBER(dump_map, kind),
                                   NUMBER(dump_map, flags),  {0}};

static struct section {
  const char *name;
  const struct field *fields;
  uint32_t id, item_bytes, widened, narrowed;
  bool dropped;
  unsigned char *bytes;
  size_t used, room, items;
} sections[] = {{.name = "strings", .id = DUMP_STRINGS, .item_bytes = 1},
#define SECTION(name, ID)                                                                          \
  { #name, name, ID, sizeof(struct dump_##name), 0, 0, false, NULL, 0, 0, 0 }
                SECTION(process, DUMP_PROCESS),
                SECTION(arena, DUMP_ARENAS),
                SECTION(class, DUMP_CLASSES),
                SECTION(ledger, DUMP_LEDGER),
                SECTION(health, DUMP_HEALTH),
                SECTION(module, DUMP_MODULES),
                SECTION(region, DUMP_REGIONS),
                SECTION(block, DUMP_BLOCKS),
                SECTION(account, DUMP_ACCOUNTS),
                SECTION(site, DUMP_SITES),
                SECTION(node, DUMP_NODES),
                SECTION(moment, DUMP_MOMENTS),
                SECTION(share, DUMP_SHARES),
                SECTION(event, DUMP_EVENTS),
                SECTION(mapping, DUMP_MAPPINGS),

                SECTION(map_account, DUMP_MAPS_BY_SITE),
                SECTION(map, DUMP_MAPS),
                {.name = "extra", .item_bytes = 1, .dropped = true}};
enum { SECTIONS = sizeof sections / sizeof *sections };

static struct section *const strings = &sections[0], *const extra = &sections[SECTIONS - 1];
static struct dump_header header = {.magic = DUMP_MAGIC, .major = DUMP_MAJOR, .minor = DUMP_MINOR};
static unsigned line_number;

static void die(const char *why, const char *what) {
  fprintf(stderr, "make_dump: line %u: %s: %s\n", line_number, why, what);
  exit(2);
}

/* Room for some bytes more, zeroed. */
static unsigned char *section_grow(struct section *s, size_t bytes) {
  if (s->room - s->used < bytes) {
    s->bytes = realloc(s->bytes, s->room = s->room * 2 + bytes + 4096);
    if (s->bytes == NULL)
      die("out of memory", s->name);
  }
  memset(s->bytes + s->used, 0, bytes);
  s->used += bytes;
  return s->bytes + s->used - bytes;
}

static struct section *section_named(const char *name) {
  for (int i = 0; i < SECTIONS; i++)
    if (strcmp(sections[i].name, name) == 0)
      return &sections[i];
  die("no such section", name);
  return NULL;
}

static uint64_t string_add(const char *text) {
  size_t bytes = strlen(text) + 1, offset = strings->used;
  memcpy(section_grow(strings, bytes), text, bytes);
  strings->items += bytes;
  return offset;
}

static void field_set(const struct section *s, unsigned char *item, const char *name,
                      const char *value) {
  const struct field *f = s->fields;
  while (f->name != NULL && strcmp(f->name, name) != 0)
    f++;
  if (f->name == NULL)
    die("no such field", name);
  uint64_t number = f->text ? string_add(value) : strtoull(value, NULL, 0);
  memcpy(item + f->offset, &number, f->bytes); /* little-endian, as the format is */
}

/* Cuts the next name=value, or name="value with blanks", out of the line. */
static bool pair_next(char **line, char **name, char **value) {
  *line += strspn(*line, " ");
  *name = *line;
  if (**line == '\0')
    return false;
  char *equals = strchr(*line, '=');
  if (equals == NULL)
    die("name=value is missing", *line);
  *equals = '\0';
  bool quoted = equals[1] == '"';
  *value = equals + 1 + quoted;
  char *end = *value + strcspn(*value, quoted ? "\"" : " ");
  *line = end + (*end != '\0');
  *end = '\0';
  return true;
}

static void item_add(const char *word, char *rest) {
  struct section *s = section_named(word);
  unsigned char *item = section_grow(s, s->item_bytes + s->widened);
  memset(item + s->item_bytes, 0xAB, s->widened);
  s->items++;
  for (char *name, *value; pair_next(&rest, &name, &value);)
    field_set(s, item, name, value);
  s->used -= s->narrowed;
}

static void extra_make(const char *rest) {
  unsigned bytes;
  if (sscanf(rest, "%u %u", &extra->id, &bytes) != 2)
    die("extra ID BYTES", rest);
  memset(section_grow(extra, bytes), 0xEE, bytes);
  extra->items = bytes;
  extra->dropped = false;
}

static void line_do(char *line) {
  char *rest = line + strcspn(line, " ");
  if (*rest != '\0')
    *rest++ = '\0';
  if (*line == '\0' || *line == '#')
    return;
  if (strcmp(line, "version") == 0)
    sscanf(rest, "%hu.%hu", &header.major, &header.minor);
  else if (strcmp(line, "extra") == 0)
    extra_make(rest);
  else if (strcmp(line, "drop") == 0)
    section_named(rest)->dropped = true;
  else if (strcmp(line, "widen") == 0) {
    char *bytes = rest + strcspn(rest, " ");
    *bytes = '\0';
    section_named(rest)->widened = (uint32_t)strtoul(bytes + 1, NULL, 0);
  } else if (strcmp(line, "narrow") == 0) {
    char *bytes = rest + strcspn(rest, " ");
    *bytes = '\0';
    section_named(rest)->narrowed = (uint32_t)strtoul(bytes + 1, NULL, 0);
  } else
    item_add(line, rest);
}

static uint32_t crc(const void *bytes, size_t n, uint32_t before) {
  static uint32_t table[256];
  for (uint32_t i = 0; table[255] == 0 && i < 256; i++) {
    table[i] = i;
    for (int bit = 0; bit < 8; bit++)
      table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320 : 0);
  }
  uint32_t c = ~before;
  for (const unsigned char *p = bytes; n > 0; n--, p++)
    c = table[(c ^ *p) & 255] ^ c >> 8;
  return ~c;
}

/* Gives sections their places, and headers their sums; returns the table. */
static struct dump_section *layout(void) {
  static struct dump_section table[SECTIONS];
  uint64_t offset = 0;
  for (int i = 0; i < SECTIONS; i++)
    header.section_count += !sections[i].dropped;
  offset = sizeof header + header.section_count * sizeof *table;
  struct dump_section *t = table;
  for (struct section *s = sections; s < sections + SECTIONS; s++) {
    if (s->dropped)
      continue;
    section_grow(s, -s->used % DUMP_ALIGN);
    *t++ = (struct dump_section){.id = s->id,
                                 .item_bytes = s->item_bytes + s->widened - s->narrowed,
                                 .offset = offset,
                                 .items = s->items,
                                 .crc = crc(s->bytes, s->used, 0)};
    offset += s->used;
  }
  header.header_bytes = sizeof header;
  header.section_bytes = sizeof *table;
  header.file_bytes = offset;
  header.crc = crc(table, header.section_count * sizeof *table, crc(&header, sizeof header, 0));
  return table;
}

static void dump_write(FILE *f) {
  const struct dump_section *table = layout();
  fwrite(&header, sizeof header, 1, f);
  fwrite(table, sizeof *table, header.section_count, f);
  for (int i = 0; i < SECTIONS; i++)
    if (!sections[i].dropped && sections[i].used > 0)
      fwrite(sections[i].bytes, sections[i].used, 1, f);
}

int main(int argc, char **argv) {
  static char line[4096];
  FILE *out = argc == 2 ? fopen(argv[1], "wb") : NULL;
  if (out == NULL) {
    fputs("usage: make_dump OUT <DESCRIPTION, and OUT must be writable\n", stderr);
    return 2;
  }
  string_add("");
  for (; fgets(line, sizeof line, stdin) != NULL; line_number++) {
    line[strcspn(line, "\n")] = '\0';
    line_do(line);
  }
  dump_write(out);
  return fclose(out) == 0 ? 0 : 2;
}
