/* The loader's search for a module; contract in find_object.h. */
#include "find_object.h"
#include "os.h"

#include <link.h>
#include <string.h>

static int (*find)(void *, struct dl_find_object *);
static bool asked;

bool find_object_open(void) {
  if (!asked) {
    asked = true;
    void *found = dlsym(RTLD_DEFAULT, "_dl_find_object");
    memcpy(&find, &found, sizeof found);
  }
  return find != NULL;
}

bool find_object(uintptr_t address, struct dl_find_object *found) {
  return find != NULL && find((void *)address, found) == 0;
}

bool find_no_object(uintptr_t address) {
  struct dl_find_object found;
  return find != NULL && !find_object(address, &found);
}

/* The ELF header with which a module's first page begins; NULL if there is none there (a linker
 * script can leave it out), if it cannot be read, or if its segments stand beyond that page. */
static const ElfW(Ehdr) * header_of(const struct dl_find_object *o) {
  const ElfW(Ehdr) *h = o->dlfo_map_start;
  bool room = (char *)o->dlfo_map_end - (char *)o->dlfo_map_start >= PAGE_BYTES;
  bool is_header = room && os_readable((uintptr_t)h) && memcmp(h->e_ident, ELFMAG, SELFMAG) == 0;
  return is_header && h->e_phoff + h->e_phnum * sizeof(ElfW(Phdr)) <= PAGE_BYTES ? h : NULL;
}

/* The loaded segment that holds the address; NULL: none, or the header cannot be read. */
static const ElfW(Phdr) * segment_of(uintptr_t address, struct dl_find_object *o) {
  const ElfW(Ehdr) *h = find_object(address, o) ? header_of(o) : NULL;
  if (h == NULL)
    return NULL;
  const ElfW(Phdr) *p = (const ElfW(Phdr) *)((const char *)h + h->e_phoff);
  for (unsigned i = 0; i < h->e_phnum; i++, p++)
    if (p->p_type == PT_LOAD && address - (o->dlfo_link_map->l_addr + p->p_vaddr) < p->p_memsz)
      return p;
  return NULL;
}

uintptr_t find_code(uintptr_t address) {
  struct dl_find_object o;
  const ElfW(Phdr) *p = segment_of(address, &o);
  return p != NULL && (p->p_flags & PF_X) != 0 ? o.dlfo_link_map->l_addr + p->p_vaddr : 0;
}

bool find_constants(uintptr_t address) {
  struct dl_find_object o;
  const ElfW(Phdr) *p = segment_of(address, &o);
  return p != NULL && p->p_flags == PF_R;
}
