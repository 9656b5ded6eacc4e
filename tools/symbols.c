/* Reads ELF symbol tables with libelf; contract in symbols.h.
 *
 * Symbols without a size are left out: what follows them in a stripped file may be anything.
 */
#include "symbols.h"
#include "say.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The candidates while a file is read. */
struct found {
  struct symbol symbol;
  int rank; /* of aliases the lowest is shown */
};

struct list {
  struct found *items;
  size_t count, room;
};

/* Global before weak before local, few leading underscores before many. */
static int alias_rank(const GElf_Sym *s, const char *name) {
  int binding = GELF_ST_BIND(s->st_info);
  int rank = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
  bool mangled = name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
  return rank * 8 + (mangled ? 0 : (int)strspn(name, "_") & 7);
}

static bool is_function(const GElf_Sym *s) {
  int type = GELF_ST_TYPE(s->st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF &&
         s->st_size > 0 && s->st_value <= UINT64_MAX - s->st_size;
}

static void list_add(struct list *l, Elf *elf, size_t strings, const GElf_Sym *s) {
  const char *name = is_function(s) ? elf_strptr(elf, strings, s->st_name) : NULL;
  if (name == NULL || *name == '\0')
    return;
  if (l->count == l->room)
    l->items = must_resize(l->items, l->room = l->room * 2 + 1024, sizeof *l->items);
  l->items[l->count++] = (struct found){
      .symbol = {.start = s->st_value, .end = s->st_value + s->st_size, .name = name},
      .rank = alias_rank(s, name)};
}

static void section_read(struct list *l, Elf *elf, Elf_Scn *section, const GElf_Shdr *header) {
  Elf_Data *data = elf_getdata(section, NULL);
  if (data == NULL || header->sh_entsize == 0)
    return;
  GElf_Sym s;
  for (int i = 0; gelf_getsym(data, i, &s) != NULL; i++)
    list_add(l, elf, header->sh_link, &s);
}

static void tables_read(struct list *l, Elf *elf) {
  for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != NULL &&
        (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM))
      section_read(l, elf, section, &header);
  }
}

static int found_compare(const void *a, const void *b) {
  const struct found *x = a, *y = b;
  if (x->symbol.start != y->symbol.start)
    return x->symbol.start < y->symbol.start ? -1 : 1;
  return x->rank != y->rank ? x->rank - y->rank : strcmp(x->symbol.name, y->symbol.name);
}

static struct symbols *symbols_sorted(struct list *l, Elf *elf) {
  struct symbols *s = must_zalloc(1, sizeof *s);
  s->items = must_alloc(l->count * sizeof *s->items);
  s->reach = must_alloc(l->count * sizeof *s->reach);
  s->elf = elf;
  if (l->count > 0)
    qsort(l->items, l->count, sizeof *l->items, found_compare);
  uint64_t reach = 0;
  for (size_t i = 0; i < l->count; i++) {
    if (i > 0 && l->items[i].symbol.start == l->items[i - 1].symbol.start)
      continue;
    s->items[s->count] = l->items[i].symbol;
    reach = l->items[i].symbol.end > reach ? l->items[i].symbol.end : reach;
    s->reach[s->count++] = reach;
  }
  free(l->items);
  return s;
}

/* Writes a note's build-id in hexadecimal; false when the segment has none. */
static bool notes_build_id(Elf_Data *data, char *hex, size_t room) {
  GElf_Nhdr note;
  size_t name, bytes;
  for (size_t at = 0; (at = gelf_getnote(data, at, &note, &name, &bytes)) > 0;) {
    if (note.n_type != NT_GNU_BUILD_ID || note.n_namesz != 4 || note.n_descsz * 2 >= room ||
        memcmp((char *)data->d_buf + name, "GNU", 4) != 0)
      continue;
    for (size_t i = 0; i < note.n_descsz; i++)
      sprintf(hex + 2 * i, "%02x", ((unsigned char *)data->d_buf)[bytes + i]);
    return true;
  }
  return false;
}

static void file_build_id(Elf *elf, char *hex, size_t room) {
  size_t count = 0;
  hex[0] = '\0';
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr p;
    if (gelf_getphdr(elf, (int)i, &p) == NULL || p.p_type != PT_NOTE)
      continue;
    Elf_Data *data = elf_getdata_rawchunk(elf, (int64_t)p.p_offset, p.p_filesz,
                                          p.p_align == 8 ? ELF_T_NHDR8 : ELF_T_NHDR);
    if (data != NULL && notes_build_id(data, hex, room))
      return;
  }
}

/* Whether this is the file that ran; if not, why. */
static const char *file_differs(Elf *elf, const struct stat *st, const char *build_id,
                                uint64_t unix_time) {
  char hex[160];
  file_build_id(elf, hex, sizeof hex);
  if (strcmp(hex, build_id) != 0)
    return "it is another build than the one that ran (build-ids differ)";
  if (*hex == '\0' && (uint64_t)st->st_mtime > unix_time)
    return "it is newer than the dump and has no build-id to compare";
  return NULL;
}

static struct symbols *symbols_read(int fd, const char *build_id, uint64_t unix_time,
                                    const char **why) {
  struct stat st;
  *why = "it is not a regular file";
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
    return NULL;
  elf_version(EV_CURRENT);
  Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
  *why = "it is not an ELF file";
  if (elf != NULL && elf_kind(elf) == ELF_K_ELF &&
      (*why = file_differs(elf, &st, build_id, unix_time)) == NULL) {
    struct list list = {0};
    tables_read(&list, elf);
    elf_cntl(elf, ELF_C_FDDONE);
    return symbols_sorted(&list, elf);
  }
  elf_end(elf);
  return NULL;
}

struct symbols *symbols_open(const char *path, const char *build_id, uint64_t unix_time,
                             const char **why) {
  int fd = path[0] == '/' ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  *why = NULL;
  if (fd < 0)
    return NULL;
  struct symbols *s = symbols_read(fd, build_id, unix_time, why);
  close(fd);
  return s;
}

void symbols_close(struct symbols *s) {
  if (s == NULL)
    return;
  elf_end(s->elf);
  free(s->items);
  free(s->reach);
  free(s);
}

const struct symbol *symbols_find(const struct symbols *s, uint64_t address) {
  uint32_t low = 0, high = s->count; /* those below low start at or before the address */
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    if (s->items[middle].start <= address)
      low = middle + 1;
    else
      high = middle;
  }
  for (; low > 0 && s->reach[low - 1] > address; low--)
    if (s->items[low - 1].end > address)
      return &s->items[low - 1];
  return NULL;
}
