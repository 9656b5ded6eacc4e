/* Namespaces of dlmopen; contract in namespaces.h. */
#include "namespaces.h"
#include "find_object.h"
#include "os.h"

#include <string.h>

/* The module's headers, which linkers put into its first page.  False: they are not there. */
static bool read_headers(const struct link_map *map, uintptr_t start, struct dl_phdr_info *info) {
  ElfW(Ehdr) head;
  if (!os_readable(start))
    return false;
  memcpy(&head, (const void *)start, sizeof head);
  if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(ElfW(Phdr)) ||
      head.e_phoff > PAGE_BYTES || head.e_phnum > (PAGE_BYTES - head.e_phoff) / sizeof(ElfW(Phdr)))
    return false;
  *info = (struct dl_phdr_info){.dlpi_addr = map->l_addr,
                                .dlpi_name = map->l_name,
                                .dlpi_phdr = (const ElfW(Phdr) *)(start + head.e_phoff),
                                .dlpi_phnum = head.e_phnum};
  return true;
}

bool namespaces_exist(void) { return _r_debug.r_version >= 2; }

bool namespaces_each(module_visitor *visit, void *argument) {
  const struct r_debug_extended *space = (const struct r_debug_extended *)&_r_debug;
  bool all = true;
  if (!namespaces_exist())
    return true;
  while ((space = space->r_next) != NULL)
    for (const struct link_map *map = space->base.r_map; map != NULL; map = map->l_next) {
      struct dl_find_object found;
      struct dl_phdr_info info;
      if (!find_object((uintptr_t)map->l_ld, &found))
        all = false;
      else if (read_headers(map, (uintptr_t)found.dlfo_map_start, &info))
        visit(&info, sizeof info, argument);
    }
  return all;
}
