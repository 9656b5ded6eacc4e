/* Reads an ELF file's headers and symbols; contract in run_elf.h. */
#include "run_elf.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Each sanitizer's library, and what a program defines that has it linked in. */
static const struct sanitizer {
  const char *name, *library, *symbol;
} sanitizers[] = {
    {"Address", "libasan.so", "__asan_init"},       {"Address", "libclang_rt.asan", "__asan_init"},
    {"HWAddress", "libhwasan.so", "__hwasan_init"}, {"Thread", "libtsan.so", "__tsan_init"},
    {"Thread", "libclang_rt.tsan", "__tsan_init"},  {"Memory", "libclang_rt.msan", "__msan_init"},
    {"Leak", "liblsan.so", "__lsan_init"}};
enum { SANITIZERS = sizeof sanitizers / sizeof *sanitizers };

static void copy_text(char *to, size_t room, const char *text) { snprintf(to, room, "%s", text); }

static void interpreter_read(Elf *elf, const GElf_Phdr *segment, struct elf_facts *f) {
  Elf_Data *data =
      elf_getdata_rawchunk(elf, (int64_t)segment->p_offset, segment->p_filesz, ELF_T_BYTE);
  size_t room = sizeof f->interpreter;
  copy_text(f->interpreter, room, "(unknown)");
  if (data != NULL && data->d_size > 0)
    snprintf(f->interpreter, room, "%.*s", (int)data->d_size, (const char *)data->d_buf);
}

static void segments_read(Elf *elf, struct elf_facts *f) {
  size_t count = 0;
  GElf_Phdr segment;
  if (elf_getphdrnum(elf, &count) != 0)
    return;
  for (size_t i = 0; i < count; i++)
    if (gelf_getphdr(elf, (int)i, &segment) != NULL && segment.p_type == PT_INTERP)
      interpreter_read(elf, &segment, f);
}

static void needed_add(struct elf_facts *f, const char *library) {
  for (int i = 0; i < SANITIZERS; i++)
    if (strncmp(library, sanitizers[i].library, strlen(sanitizers[i].library)) == 0)
      copy_text(f->sanitizer, sizeof f->sanitizer, sanitizers[i].name);
}

static void dynamic_read(Elf *elf, Elf_Data *data, const GElf_Shdr *header, struct elf_facts *f) {
  GElf_Dyn entry;
  for (int i = 0; gelf_getdyn(data, i, &entry) != NULL && entry.d_tag != DT_NULL; i++) {
    const char *text = entry.d_tag == DT_NEEDED || entry.d_tag == DT_SONAME
                           ? elf_strptr(elf, header->sh_link, entry.d_un.d_val)
                           : NULL;
    if (text != NULL && entry.d_tag == DT_NEEDED)
      needed_add(f, text);
    else if (text != NULL)
      copy_text(f->soname, sizeof f->soname, text);
  }
}

static void symbol_add(struct elf_facts *f, const char *name) {
  if (strcmp(name, "malloc") == 0)
    f->own_malloc = true;
  if (strncmp(name, "__", 2) != 0)
    return;
  for (int i = 0; i < SANITIZERS; i++)
    if (strcmp(name, sanitizers[i].symbol) == 0)
      copy_text(f->sanitizer, sizeof f->sanitizer, sanitizers[i].name);
}

/* What others can't see (static functions) counts for nobody but the file they are of. */
static void symbols_read(Elf *elf, Elf_Data *data, const GElf_Shdr *header, struct elf_facts *f) {
  GElf_Sym symbol;
  for (int i = 1; gelf_getsym(data, i, &symbol) != NULL; i++) {
    if (symbol.st_shndx == SHN_UNDEF || GELF_ST_BIND(symbol.st_info) == STB_LOCAL ||
        GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
      continue;
    const char *name = elf_strptr(elf, header->sh_link, symbol.st_name);
    if (name != NULL)
      symbol_add(f, name);
  }
}

static void sections_read(Elf *elf, struct elf_facts *f) {
  size_t names = 0;
  GElf_Shdr header;
  if (elf_getshdrstrndx(elf, &names) != 0)
    return;
  for (Elf_Scn *s = elf_nextscn(elf, NULL); s != NULL; s = elf_nextscn(elf, s)) {
    Elf_Data *data = gelf_getshdr(s, &header) != NULL ? elf_getdata(s, NULL) : NULL;
    const char *name = data != NULL ? elf_strptr(elf, names, header.sh_name) : NULL;
    if (name != NULL && (strcmp(name, ".go.buildinfo") == 0 || strcmp(name, ".gopclntab") == 0))
      f->go = true;
    if (data != NULL && header.sh_type == SHT_DYNAMIC)
      dynamic_read(elf, data, &header, f);
    if (data != NULL && (header.sh_type == SHT_SYMTAB || header.sh_type == SHT_DYNSYM))
      symbols_read(elf, data, &header, f);
  }
}

static bool elf_read(Elf *elf, struct elf_facts *f) {
  GElf_Ehdr header;
  if (elf == NULL || elf_kind(elf) != ELF_K_ELF || gelf_getehdr(elf, &header) == NULL)
    return false;
  f->is_64 = gelf_getclass(elf) == ELFCLASS64;
  f->is_x86 = header.e_machine == EM_X86_64 || header.e_machine == EM_386;
  segments_read(elf, f);
  sections_read(elf, f);
  return true;
}

bool elf_facts_read(const char *path, struct elf_facts *facts) {
  *facts = (struct elf_facts){0};
  elf_version(EV_CURRENT);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
  bool read = elf_read(elf, facts);
  elf_end(elf);
  close(fd);
  return read;
}
