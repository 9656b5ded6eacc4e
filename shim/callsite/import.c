/* Slots of a library's imports; contract in import.h. */
#include "import.h"

#include <dlfcn.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

/* The tables that the dynamic section names; the loader has turned its offsets into addresses. */
struct tables {
  const ElfW(Sym) * symbols;
  const char *names;
  const ElfW(Rela) * imports; /* of calls */
  size_t import_bytes;
};

static struct tables tables_of(const struct link_map *library) {
  struct tables t = {.names = NULL};
  for (const ElfW(Dyn) *d = library->l_ld; d->d_tag != DT_NULL; d++) {
    void *place = (void *)d->d_un.d_ptr;
    if (d->d_tag == DT_SYMTAB)
      t.symbols = place;
    else if (d->d_tag == DT_STRTAB)
      t.names = place;
    else if (d->d_tag == DT_JMPREL)
      t.imports = place;
    else if (d->d_tag == DT_PLTRELSZ)
      t.import_bytes = d->d_un.d_val;
  }
  return t;
}

/* The slot of the function of that name; NULL: the library imports none. */
static void **find_slot(const struct link_map *library, const char *name) {
  struct tables t = tables_of(library);
  if (t.symbols == NULL || t.names == NULL || t.imports == NULL)
    return NULL;
  for (size_t i = 0; i < t.import_bytes / sizeof *t.imports; i++)
    if (strcmp(t.names + t.symbols[ELF64_R_SYM(t.imports[i].r_info)].st_name, name) == 0)
      return (void **)(library->l_addr + t.imports[i].r_offset);
  return NULL;
}

/* The loader makes a segment read-only from its start to the end of its last whole page. */
static bool is_within(uintptr_t slot, uintptr_t start, size_t bytes) {
  return slot >= start && slot < ((start + bytes) & -(uintptr_t)PAGE_BYTES);
}

/* Finds out whether the loader made the slot read-only.  False: that can't be found out. */
static bool read_protection(struct import *i, void *library, const struct link_map *map) {
  const ElfW(Phdr) *p = NULL;
  int count = dlinfo(library, RTLD_DI_PHDR, &p);
  for (int k = 0; k < count; k++)
    if (p[k].p_type == PT_GNU_RELRO)
      i->is_protected = is_within((uintptr_t)i->slot, map->l_addr + p[k].p_vaddr, p[k].p_memsz);
  return count > 0;
}

static bool protect(void **slot, int protection) {
  void *page = (void *)((uintptr_t)slot & -(uintptr_t)PAGE_BYTES);
  return mprotect(page, PAGE_BYTES, protection) == 0;
}

static void write_slot(const struct import *i, void *to) {
  if (i->is_protected && !protect(i->slot, PROT_READ | PROT_WRITE))
    return;
  __atomic_store_n(i->slot, to, __ATOMIC_RELEASE);
  if (i->is_protected)
    protect(i->slot, PROT_READ);
}

void import_replace(struct import *i, void *library, const char *name, void *by) {
  struct link_map *map = NULL;
  *i = (struct import){.slot = NULL};
  if (dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || (i->slot = find_slot(map, name)) == NULL)
    return;
  i->was = *i->slot;
  if (read_protection(i, library, map))
    write_slot(i, by);
  else
    i->slot = NULL;
}

void import_restore(const struct import *i) {
  if (i->slot != NULL)
    write_slot(i, i->was);
}
