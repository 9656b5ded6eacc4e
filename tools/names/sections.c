/* Reads sections with libelf, and writes a file of them; contract in sections.h. */
#include "sections.h"
#include "say.h"
#include "text.h"

#include <elf.h>
#include <gelf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#ifndef ELFCOMPRESS_ZSTD
#define ELFCOMPRESS_ZSTD 2
#endif

enum { SECTION_ALIGN = 16 };
static const uint64_t size_most = UINT64_C(1) << 36; /* more was never meant */

static void section_put(struct sections *s, struct section section) {
  if (s->count == s->room)
    s->items = must_resize(s->items, s->room = s->room * 2 + 16, sizeof *s->items);
  s->items[s->count++] = section;
}

void sections_add(struct sections *s, const char *name, const void *bytes, size_t size) {
  section_put(s, (struct section){.name = must_copy(name), .bytes = bytes, .size = size});
}

void sections_free(struct sections *s) {
  for (size_t i = 0; i < s->count; i++) {
    free(s->items[i].name);
    free(s->items[i].owned);
  }
  free(s->items);
  *s = (struct sections){0};
}

struct section *sections_find(const struct sections *s, const char *name) {
  for (size_t i = 0; i < s->count; i++)
    if (strcmp(s->items[i].name, name) == 0)
      return &s->items[i];
  return NULL;
}

void sections_lengthen(struct sections *s, const char *name, size_t more) {
  if (sections_find(s, name) == NULL)
    sections_add(s, name, NULL, 0);
  struct section *section = sections_find(s, name);
  unsigned char *longer = must_zalloc(section->size + more, 1);
  if (section->size > 0)
    memcpy(longer, section->bytes, section->size);
  free(section->owned);
  section->bytes = section->owned = longer;
  section->size += more;
}

/* ---- reading ---- */

static bool is_compressed(Elf_Scn *scn, const GElf_Shdr *header, unsigned type) {
  GElf_Chdr c;
  return (header->sh_flags & SHF_COMPRESSED) != 0 && gelf_getchdr(scn, &c) != NULL &&
         c.ch_type == type;
}

/* A compressed section has a header, then frames of zstd one after the other. */
static bool zstd_read(Elf_Scn *scn, struct section *section) {
  GElf_Chdr c;
  const Elf_Data *raw = elf_rawdata(scn, NULL);
  size_t head = sizeof(Elf64_Chdr);
  if (raw == NULL || raw->d_size < head || gelf_getchdr(scn, &c) == NULL || c.ch_size > size_most ||
      (section->owned = malloc(c.ch_size + 1)) == NULL)
    return false;
  section->bytes = section->owned;
  section->size = c.ch_size;
  return ZSTD_decompress(section->owned, c.ch_size, (const char *)raw->d_buf + head,
                         raw->d_size - head) == c.ch_size;
}

/* The bytes of what libelf decompresses are libelf's. */
static bool section_read(Elf_Scn *scn, const GElf_Shdr *header, bool gnu, struct section *section) {
  if (is_compressed(scn, header, ELFCOMPRESS_ZSTD))
    return zstd_read(scn, section);
  if (gnu)
    elf_compress_gnu(scn, 0, 0);
  if ((header->sh_flags & SHF_COMPRESSED) != 0 && elf_compress(scn, 0, 0) < 0)
    return false;
  const Elf_Data *data = elf_rawdata(scn, NULL);
  if (data == NULL || (data->d_buf == NULL && data->d_size > 0))
    return false;
  section->bytes = data->d_buf;
  section->size = data->d_size;
  return true;
}

static bool is_of_kind(const char *name, const GElf_Shdr *header, enum sections_kind kind) {
  size_t length = strlen(name);
  bool split = length > 4 && strcmp(name + length - 4, ".dwo") == 0;
  if (header->sh_type == SHT_NOBITS || header->sh_size == 0)
    return false;
  if (kind == SECTIONS_SPLIT) /* a group's are a type's alone */
    return (split && text_starts(name, ".debug_") && !(header->sh_flags & SHF_GROUP)) ||
           strcmp(name, ".debug_cu_index") == 0;
  return !split && (text_starts(name, ".debug_") || text_starts(name, ".zdebug_"));
}

bool sections_read(struct sections *s, Elf *elf, enum sections_kind kind) {
  Elf_Scn *scn = NULL;
  GElf_Shdr header;
  size_t names;
  if (elf_getshdrstrndx(elf, &names) != 0)
    return false;
  while ((scn = elf_nextscn(elf, scn)) != NULL) {
    const char *name =
        gelf_getshdr(scn, &header) != NULL ? elf_strptr(elf, names, header.sh_name) : NULL;
    if (name == NULL || !is_of_kind(name, &header, kind))
      continue;
    bool gnu = name[1] == 'z';
    struct section section = {.name = must_print(".%s", name + 1 + gnu)};
    bool read = section_read(scn, &header, gnu, &section);
    section_put(s, section);
    if (!read)
      return false;
  }
  return true;
}

bool sections_zstd(Elf *elf) {
  Elf_Scn *scn = NULL;
  GElf_Shdr header;
  while ((scn = elf_nextscn(elf, scn)) != NULL)
    if (gelf_getshdr(scn, &header) != NULL && is_compressed(scn, &header, ELFCOMPRESS_ZSTD))
      return true;
  return false;
}

/* ---- writing ----
 *
 *   header, section headers ([0] is empty, the last is of the names), names, sections
 */

static size_t aligned(size_t n) { return (n + SECTION_ALIGN - 1) & ~(size_t)(SECTION_ALIGN - 1); }

static size_t names_size(const struct sections *s) {
  size_t size = 1 + sizeof ".shstrtab";
  for (size_t i = 0; i < s->count; i++)
    size += strlen(s->items[i].name) + 1;
  return size;
}

static size_t file_size(const struct sections *s) {
  size_t size =
      aligned(sizeof(Elf64_Ehdr) + (s->count + 2) * sizeof(Elf64_Shdr)) + aligned(names_size(s));
  for (size_t i = 0; i < s->count; i++)
    size += aligned(s->items[i].size);
  return size;
}

static void header_write(Elf64_Ehdr *e, size_t sections) {
  *e = (Elf64_Ehdr){.e_type = ET_REL,
                    .e_machine = EM_X86_64,
                    .e_version = EV_CURRENT,
                    .e_shoff = sizeof *e,
                    .e_ehsize = sizeof *e,
                    .e_shentsize = sizeof(Elf64_Shdr),
                    .e_shnum = (Elf64_Half)(sections + 2),
                    .e_shstrndx = (Elf64_Half)(sections + 1)};
  memcpy(e->e_ident, ELFMAG, SELFMAG);
  e->e_ident[EI_CLASS] = ELFCLASS64;
  e->e_ident[EI_DATA] = ELFDATA2LSB;
  e->e_ident[EI_VERSION] = EV_CURRENT;
}

static size_t name_write(char *names, size_t at, const char *name, Elf64_Shdr *h) {
  size_t bytes = strlen(name) + 1;
  memcpy(names + at, name, bytes);
  h->sh_name = (Elf64_Word)at;
  return at + bytes;
}

unsigned char *sections_file(struct sections *s, size_t *size) {
  unsigned char *file = must_zalloc(*size = file_size(s), 1);
  Elf64_Shdr *headers = (Elf64_Shdr *)(file + sizeof(Elf64_Ehdr)), *h = headers + 1;
  size_t at = aligned(sizeof(Elf64_Ehdr) + (s->count + 2) * sizeof *headers), name = 1;
  char *names = (char *)file + at;
  header_write((Elf64_Ehdr *)file, s->count);
  headers[s->count + 1] = (Elf64_Shdr){
      .sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = names_size(s), .sh_addralign = 1};
  at += aligned(names_size(s));
  for (struct section *i = s->items; i < s->items + s->count; i++, h++) {
    *h = (Elf64_Shdr){
        .sh_type = SHT_PROGBITS, .sh_offset = at, .sh_size = i->size, .sh_addralign = 1};
    name = name_write(names, name, i->name, h);
    if (i->size > 0)
      memcpy(file + at, i->bytes, i->size);
    i->bytes = file + at;
    at += aligned(i->size);
  }
  name_write(names, name, ".shstrtab", h);
  return file;
}
