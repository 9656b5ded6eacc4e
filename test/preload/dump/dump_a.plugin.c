/* Opened and closed by dump_sites; the two lie at one address, one after the other. */
#include <stdlib.h>

void *objects_of_a[7];

__attribute__((noinline)) static void site_in_a(int i) { objects_of_a[i] = malloc(70); }

void plugin_allocate(void) {
  for (int i = 0; i < 7; i++)
    site_in_a(i);
}
