/* Reads notes with libelf; contract in build_id.h. */
#include "build_id.h"
#include "dump.h"

#include <elf.h>
#include <gelf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static size_t padded(size_t bytes, size_t alignment) {
  return (bytes + alignment - 1) / alignment * alignment;
}

/* Looks through notes: header, name, description, each of the latter from a multiple of the
 * alignment on. */
static size_t notes_search(const unsigned char *at, size_t left, size_t alignment,
                           const unsigned char **id) {
  GElf_Nhdr note;
  while (left >= sizeof note) {
    memcpy(&note, at, sizeof note);
    size_t text = padded(sizeof note + note.n_namesz, alignment);
    if (text > left || note.n_descsz > left - text)
      return 0;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU &&
        memcmp(at + sizeof note, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0) {
      *id = at + text;
      return note.n_descsz;
    }
    size_t next = padded(text + note.n_descsz, alignment);
    if (next > left)
      return 0;
    at += next;
    left -= next;
  }
  return 0;
}

/* Linkers put notes of both alignments together, and say 8 of all. */
static size_t data_search(const Elf_Data *data, size_t alignment, const unsigned char **id) {
  if (data == NULL || data->d_buf == NULL)
    return 0;
  size_t bytes = alignment == 8 ? notes_search(data->d_buf, data->d_size, 8, id) : 0;
  return bytes > 0 ? bytes : notes_search(data->d_buf, data->d_size, 4, id);
}

static size_t sections_search(Elf *elf, const unsigned char **id) {
  Elf_Scn *section = NULL;
  GElf_Shdr header;
  size_t bytes = 0;
  while (bytes == 0 && (section = elf_nextscn(elf, section)) != NULL)
    if (gelf_getshdr(section, &header) != NULL && header.sh_type == SHT_NOTE)
      bytes = data_search(elf_rawdata(section, NULL), header.sh_addralign, id);
  return bytes;
}

/* For files without sections; in a debug file segments lead nowhere. */
static size_t segments_search(Elf *elf, const unsigned char **id) {
  size_t count = 0, bytes = 0;
  GElf_Phdr p;
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count && bytes == 0; i++)
    if (gelf_getphdr(elf, (int)i, &p) != NULL && p.p_type == PT_NOTE)
      bytes = data_search(elf_getdata_rawchunk(elf, (int64_t)p.p_offset, p.p_filesz, ELF_T_BYTE),
                          p.p_align, id);
  return bytes;
}

/* Points *id to the build-id of a file, valid while that is open; returns how many bytes it has, 0:
 * there is none. */
static size_t build_id_of(Elf *elf, const unsigned char **id) {
  size_t sections = 0;
  elf_getshdrnum(elf, &sections);
  return sections > 0 ? sections_search(elf, id) : segments_search(elf, id);
}

size_t build_id_bytes(const char *hex, unsigned char *bytes, size_t room) {
  size_t digits = strlen(hex);
  if (digits % 2 != 0 || digits / 2 > room || strspn(hex, "0123456789abcdef") != digits)
    return 0;
  for (size_t i = 0; i < digits / 2; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return digits / 2;
}

/* A dump has of a longer one the first bytes. */
bool build_id_fits(Elf *elf, const char *hex) {
  unsigned char wanted[DUMP_BUILD_ID_MAX];
  const unsigned char *id = NULL;
  size_t bytes = build_id_bytes(hex, wanted, sizeof wanted), found = build_id_of(elf, &id);
  if (found > DUMP_BUILD_ID_MAX)
    found = DUMP_BUILD_ID_MAX;
  return bytes == strlen(hex) / 2 && found == bytes &&
         (found == 0 || memcmp(id, wanted, found) == 0);
}
