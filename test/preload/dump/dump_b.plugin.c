/* Opened and closed by dump_sites; the two lie at one address, one after the other. */
#include <stdlib.h>

void *objects_of_b[7];

__attribute__((noinline)) static void site_in_b(int i) { objects_of_b[i] = malloc(70); }

void plugin_allocate(void) {
  for (int i = 0; i < 7; i++)
    site_in_b(i);
}
