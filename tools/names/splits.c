/* Finds files of split debug information; contract in splits.h. */
#include "splits.h"
#include "package.h"
#include "say.h"
#include "text.h"

#include <dwarf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A package that is open. */
struct package {
  Elf *elf;
  int fd;
  struct sections sections;
};

struct splits {
  struct splits_of of;
  struct package *packages;
  size_t n_packages, room;
  uint32_t missing;
  char *first; /* of these */
};

/* ---- packages ---- */

static bool package_open(struct package *p, const char *path) {
  *p = (struct package){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (p->fd < 0)
    return false;
  p->elf = elf_begin(p->fd, ELF_C_READ_MMAP, NULL);
  return p->elf != NULL && sections_read(&p->sections, p->elf, SECTIONS_SPLIT) &&
         sections_find(&p->sections, ".debug_cu_index") != NULL;
}

static void package_close(struct package *p) {
  sections_free(&p->sections);
  elf_end(p->elf);
  if (p->fd >= 0)
    close(p->fd);
}

/* Opens a package; frees the path. */
static void package_try(struct splits *s, char *path) {
  struct package p;
  if (package_open(&p, path)) {
    if (s->n_packages == s->room)
      s->packages = must_resize(s->packages, s->room = s->room * 2 + 4, sizeof *s->packages);
    s->packages[s->n_packages++] = p;
  } else {
    package_close(&p);
  }
  free(path);
}

struct splits *splits_new(const struct splits_of *of) {
  struct splits *s = must_zalloc(1, sizeof *s);
  s->of = *of;
  for (size_t i = 0; i < of->n_dirs; i++)
    package_try(s, must_print("%s/%s.dwp", of->dirs[i], file_base(of->path)));
  if (of->program != NULL)
    package_try(s, must_print("%s.dwp", of->program));
  if (of->debug != NULL)
    package_try(s, must_print("%s.dwp", of->debug));
  return s;
}

void splits_free(struct splits *s) {
  if (s == NULL)
    return;
  for (size_t i = 0; i < s->n_packages; i++)
    package_close(&s->packages[i]);
  free(s->packages);
  free(s->first);
  free(s);
}

/* ---- the sections of a unit, as a file in memory ---- */

/* A skeleton, and where it says that the rest of the unit is. */
struct skeleton {
  Dwarf_Die *top;
  uint64_t id;
  Dwarf_Attribute name; /* of the attribute with the file's name */
  const char *file, *directory;
};

static const char *text_of(Dwarf_Die *die, unsigned name, Dwarf_Attribute *a) {
  return dwarf_attr(die, name, a) != NULL ? dwarf_formstring(a) : NULL;
}

static bool skeleton_read(Dwarf_Die *top, struct skeleton *k) {
  Dwarf_Attribute directory;
  uint8_t offset_bytes;
  *k = (struct skeleton){.top = top};
  k->file = text_of(top, DW_AT_dwo_name, &k->name);
  if (k->file == NULL)
    k->file = text_of(top, DW_AT_GNU_dwo_name, &k->name);
  k->directory = text_of(top, DW_AT_comp_dir, &directory);
  return k->file != NULL &&
         dwarf_cu_info(top->cu, NULL, NULL, NULL, NULL, &k->id, NULL, &offset_bytes) == 0 &&
         offset_bytes == 4;
}

/* Whether a file in memory has the unit. */
static bool has_unit(unsigned char *file, size_t size, uint64_t id) {
  Elf *elf = elf_memory((char *)file, size);
  Dwarf *dwarf = elf != NULL ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
  Dwarf_CU *unit = NULL;
  uint64_t found;
  bool has = false;
  while (dwarf != NULL && !has && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, NULL, NULL) == 0)
    has = dwarf_cu_info(unit, NULL, NULL, NULL, NULL, &found, NULL, NULL) == 0 && found == id;
  dwarf_end(dwarf);
  elf_end(elf);
  return has;
}

/* Returns a descriptor of a file in memory with these sections, or -1 if they are not the unit's.
 */
static int unit_file(struct sections *s, uint64_t id) {
  size_t size, done = 0;
  if (sections_find(s, ".debug_info.dwo") == NULL)
    return -1;
  unsigned char *file = sections_file(s, &size);
  int fd = has_unit(file, size, id) ? memfd_create("split", MFD_CLOEXEC) : -1;
  while (fd >= 0 && done < size) {
    ssize_t n = write(fd, file + done, size - done);
    if (n <= 0)
      break;
    done += (size_t)n;
  }
  free(file);
  if (fd >= 0 && done == size)
    return fd;
  if (fd >= 0)
    close(fd);
  return -1;
}

static int unit_from_packages(const struct splits *s, uint64_t id) {
  int fd = -1;
  for (size_t i = 0; i < s->n_packages && fd < 0; i++) {
    struct sections unit = {0};
    if (package_unit(&s->packages[i].sections, id, &unit))
      fd = unit_file(&unit, id);
    sections_free(&unit);
  }
  return fd;
}

/* Opens the file at a path, and frees the path.  -1: there is no such file, or it is of another
 * build. */
static int unit_from_file(char *path, uint64_t id) {
  struct sections unit = {0};
  int fd = -1, in = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  Elf *elf = in >= 0 ? elf_begin(in, ELF_C_READ_MMAP, NULL) : NULL;
  if (elf != NULL && sections_read(&unit, elf, SECTIONS_SPLIT))
    fd = unit_file(&unit, id);
  sections_free(&unit);
  elf_end(elf);
  if (in >= 0)
    close(in);
  free(path);
  return fd;
}

static char *beside(const char *file, const char *name) {
  return must_print("%.*s%s", (int)(file_base(file) - file), file, name);
}

/* Returns the path that the file had where it was compiled: an absolute one, or one relative to the
 * directory that the compiler was started in. */
static char *compiled(const struct skeleton *k, const char *root) {
  bool whole = k->file[0] == '/' || k->directory == NULL;
  return must_print("%s%s%s%s", root, whole ? "" : k->directory, whole ? "" : "/", k->file);
}

static int unit_open(const struct splits *s, const struct skeleton *k) {
  const struct splits_of *of = &s->of;
  int fd = unit_from_packages(s, k->id);
  for (size_t i = 0; i < of->n_dirs && fd < 0; i++) {
    fd = unit_from_file(must_print("%s/%s", of->dirs[i], k->file), k->id);
    if (fd < 0)
      fd = unit_from_file(must_print("%s/%s", of->dirs[i], file_base(k->file)), k->id);
  }
  if (fd < 0 && of->program != NULL && k->file[0] != '/')
    fd = unit_from_file(beside(of->program, k->file), k->id);
  if (fd < 0 && of->sysroot != NULL)
    fd = unit_from_file(compiled(k, of->sysroot), k->id);
  if (fd < 0)
    fd = unit_from_file(compiled(k, ""), k->id);
  if (fd < 0 && of->program != NULL)
    fd = unit_from_file(beside(of->program, file_base(k->file)), k->id);
  return fd;
}

/* ---- linking ---- */

enum { SPLITS_ROOM = 40 }; /* of a path */

void splits_prepare(struct sections *image) {
  sections_lengthen(image, ".debug_str", SPLITS_ROOM);
  sections_lengthen(image, ".debug_line_str", SPLITS_ROOM);
}

/* The place where the skeleton keeps the offset of a string, and the section that the string is in.
 */
struct place {
  unsigned char *offset;
  const struct section *strings;
};

static uint64_t number_of(Dwarf_Die *die, unsigned name, uint64_t without) {
  Dwarf_Attribute a;
  Dwarf_Word number;
  return dwarf_attr(die, name, &a) != NULL && dwarf_formudata(&a, &number) == 0 ? number : without;
}

/* Returns how many bytes an index into .debug_str_offsets has; 0: the form has no fixed size. */
static size_t index_bytes(unsigned form) {
  switch (form) {
  case DW_FORM_strx1:
    return 1;
  case DW_FORM_strx2:
    return 2;
  case DW_FORM_strx3:
    return 3;
  case DW_FORM_strx4:
    return 4;
  default:
    return 0;
  }
}

/* Finds the offset of a string that the skeleton names by number: it stands in a table of its own.
 */
static unsigned char *offset_by_index(const struct skeleton *k, const struct section *table) {
  enum { HEADER = 8 };
  uint64_t index = 0, base = number_of(k->top, DW_AT_str_offsets_base, HEADER);
  size_t bytes = index_bytes(k->name.form);
  if (bytes > 0)
    memcpy(&index, k->name.valp, bytes);
  else if (k->name.form == DW_FORM_strx && *k->name.valp < 0x80)
    index = *k->name.valp; /* a larger one would be of several bytes */
  else
    return NULL;
  if (table == NULL || base > table->size || index >= (table->size - base) / 4)
    return NULL;
  return (unsigned char *)table->bytes + base + 4 * index;
}

static struct place place_of(const struct skeleton *k, const struct sections *image) {
  switch (k->name.form) {
  case DW_FORM_strp:
    return (struct place){k->name.valp, sections_find(image, ".debug_str")};
  case DW_FORM_line_strp:
    return (struct place){k->name.valp, sections_find(image, ".debug_line_str")};
  default:
    return (struct place){offset_by_index(k, sections_find(image, ".debug_str_offsets")),
                          sections_find(image, ".debug_str")};
  }
}

/* Puts the path of the file in memory in place of the name while libdw opens it. */
static bool link_by(struct skeleton *k, const struct place *p, int fd, Dwarf_Die *split) {
  char *path = (char *)p->strings->bytes + p->strings->size - SPLITS_ROOM;
  uint32_t offset = (uint32_t)(p->strings->size - SPLITS_ROOM), before;
  snprintf(path, SPLITS_ROOM, "/proc/self/fd/%d", fd);
  memcpy(&before, p->offset, sizeof before);
  memcpy(p->offset, &offset, sizeof offset);
  const char *now = dwarf_formstring(&k->name);
  *split = (Dwarf_Die){0};
  bool linked = now != NULL && strcmp(now, path) == 0 &&
                dwarf_cu_info(k->top->cu, NULL, NULL, NULL, split, NULL, NULL, NULL) == 0 &&
                split->cu != NULL;
  memcpy(p->offset, &before, sizeof before);
  return linked;
}

bool splits_link(struct splits *s, Dwarf_Die *top, const struct sections *image, Dwarf_Die *split) {
  struct skeleton k;
  bool linked = false, known = skeleton_read(top, &k);
  int fd = known ? unit_open(s, &k) : -1;
  if (fd >= 0) {
    struct place p = place_of(&k, image);
    linked = p.offset != NULL && p.strings != NULL && link_by(&k, &p, fd, split);
    close(fd);
  }
  if (!linked && s->missing++ == 0)
    s->first = must_copy(known ? k.file : "(without a name)");
  return linked;
}

uint32_t splits_missing(const struct splits *s, const char **name) {
  *name = s->first;
  return s->missing;
}
