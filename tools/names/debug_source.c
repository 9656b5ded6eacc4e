/* Chooses what libdw reads; contract in debug_source.h. */
#include "debug_source.h"
#include "say.h"
#include "splits.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct debug_source {
  struct debug_source_of of;
  Dwarf *given; /* the module's; NULL: libdw can't read it */
  Elf *elf;     /* the file with the debug information */
  int fd;       /* of it, -1: the module's own */
  uint64_t bias;
  struct sections sections; /* of the file in memory */
  unsigned char *file;      /* that file; NULL: the other is read */
  size_t size;
  Elf *memory;
  Dwarf *dwarf; /* our own */
  struct splits *splits;
};

/* The file into which dwz moved shared information must be the right one: names from another file
 * would be wrong. */
static bool is_alt_right(Dwarf *dwarf) {
  const char *name;
  const void *wanted, *got = NULL;
  ssize_t bytes = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &wanted);
  Dwarf *alt = bytes > 0 ? dwarf_getalt(dwarf) : NULL;
  return bytes <= 0 || (alt != NULL && dwelf_elf_gnu_build_id(dwarf_getelf(alt), &got) == bytes &&
                        memcmp(wanted, got, (size_t)bytes) == 0);
}

static void files_of(Dwfl_Module *module, const char **program, const char **debug) {
  *program = *debug = NULL;
  dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, program, debug);
}

/* Finds the file, the module's own or its debug file, that has sections which we can read and libdw
 * can't. */
static bool zstd_find(struct debug_source *s) {
  const char *program, *debug;
  GElf_Addr bias;
  files_of(s->of.module, &program, &debug);
  s->elf = dwfl_module_getelf(s->of.module, &bias);
  if (s->elf != NULL && sections_zstd(s->elf))
    return true;
  s->fd = debug != NULL ? open(debug, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  s->elf = s->fd >= 0 ? elf_begin(s->fd, ELF_C_READ_MMAP, NULL) : NULL;
  return s->elf != NULL && sections_zstd(s->elf);
}

static bool image_make(struct debug_source *s) {
  bool read = sections_read(&s->sections, s->elf, SECTIONS_WHOLE) &&
              sections_find(&s->sections, ".debug_info") != NULL;
  splits_prepare(&s->sections);
  if (read)
    s->file = sections_file(&s->sections, &s->size);
  return read;
}

/* Returns why the Dwarf can't be read, or NULL if it can. */
static const char *given_fault(struct debug_source *s) {
  s->elf = dwarf_getelf(s->given);
  return is_alt_right(s->given) ? NULL
                                : "the file that its debug information shares "
                                  "(.gnu_debugaltlink) is missing or of another build";
}

/* Returns why the section can't be read, or NULL if it can or if there is none. */
static const char *zstd_fault(struct debug_source *s) {
  if (!zstd_find(s) || image_make(s))
    return NULL;
  return "its compressed debug information is damaged";
}

struct debug_source *debug_source_new(const struct debug_source_of *of, const char **why) {
  struct debug_source *s = must_zalloc(1, sizeof *s);
  *s = (struct debug_source){.of = *of, .fd = -1};
  s->given = dwfl_module_getdwarf(of->module, &s->bias);
  *why = s->given != NULL ? given_fault(s) : zstd_fault(s);
  if (*why == NULL && (s->given != NULL || s->file != NULL))
    return s;
  debug_source_free(s);
  return NULL;
}

void debug_source_free(struct debug_source *s) {
  if (s == NULL)
    return;
  debug_source_close(s);
  splits_free(s->splits);
  sections_free(&s->sections);
  free(s->file);
  if (s->fd >= 0) {
    elf_end(s->elf);
    close(s->fd);
  }
  free(s);
}

uint64_t debug_source_bias(const struct debug_source *s) { return s->bias; }

Dwarf *debug_source_open(struct debug_source *s) {
  if (s->file != NULL)
    s->memory = elf_memory((char *)s->file, s->size);
  s->dwarf = dwarf_begin_elf(s->file != NULL ? s->memory : s->elf, DWARF_C_READ, NULL);
  if (s->dwarf != NULL && s->given != NULL && dwarf_getalt(s->given) != NULL)
    dwarf_setalt(s->dwarf, dwarf_getalt(s->given));
  return s->dwarf;
}

void debug_source_close(struct debug_source *s) {
  dwarf_end(s->dwarf);
  elf_end(s->memory);
  s->dwarf = NULL;
  s->memory = NULL;
}

void debug_source_split(struct debug_source *s) {
  const struct search *search = s->of.search;
  struct splits_of of = {.path = s->of.path,
                         .sysroot = search->sysroot,
                         .dirs = search->debug_dirs,
                         .n_dirs = search->debug_count};
  if (s->splits != NULL || (s->file == NULL && !image_make(s)))
    return;
  files_of(s->of.module, &of.program, &of.debug);
  s->splits = splits_new(&of);
}

bool debug_source_unit(struct debug_source *s, Dwarf_Die *skeleton, Dwarf_Die *unit) {
  return s->splits != NULL && splits_link(s->splits, skeleton, &s->sections, unit);
}

uint32_t debug_source_missing(const struct debug_source *s, const char **name) {
  return s->splits != NULL ? splits_missing(s->splits, name) : 0;
}

const unsigned char *debug_source_code(const struct debug_source *s, uint64_t address,
                                       size_t *bytes) {
  GElf_Addr bias;
  GElf_Shdr h;
  Elf *elf = dwfl_module_getelf(s->of.module, &bias);
  for (Elf_Scn *scn = NULL; elf != NULL && (scn = elf_nextscn(elf, scn)) != NULL;) {
    if (gelf_getshdr(scn, &h) == NULL || h.sh_type != SHT_PROGBITS ||
        !(h.sh_flags & SHF_EXECINSTR) || address < h.sh_addr || address - h.sh_addr >= h.sh_size)
      continue;
    const Elf_Data *data = elf_rawdata(scn, NULL);
    size_t offset = address - h.sh_addr;
    if (data == NULL || data->d_buf == NULL || data->d_size <= offset)
      return NULL;
    *bytes = data->d_size - offset;
    return (const unsigned char *)data->d_buf + offset;
  }
  return NULL;
}
