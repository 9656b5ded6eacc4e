/* What shim/callsite/cfi.c says of addresses of a library, a line each: ADDRESS KIND DELTA RBP_AT.
 *
 * Usage: cfi_rules LIBRARY <addresses   (hexadecimal, as the file has them) */
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>

#include "cfi.h"
#include "find_object.h"

int main(int argc, char **argv) {
  static const char *const kinds[] = {"unknown", "sp", "bp", "end", "never", "none"};
  void *library = argc == 2 ? dlopen(argv[1], RTLD_LAZY) : NULL;
  struct link_map *map;
  unsigned long address;
  if (library == NULL || dlinfo(library, RTLD_DI_LINKMAP, &map) != 0 || !find_object_open())
    return 2;
  while (scanf("%lx", &address) == 1) {
    struct rule r = cfi_code_rule(map->l_addr + address);
    printf("%lx %s %d %d\n", address, kinds[r.kind], (int)r.delta, r.rbp_at);
  }
  return 0;
}
