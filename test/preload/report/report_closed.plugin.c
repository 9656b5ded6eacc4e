/* Asks for memory and goes: report_closed closes it. */
#include <stdlib.h>

void *plugin_holds(void);

void *plugin_holds(void) {
  void *p = malloc(77777);
  if (p == NULL)
    abort();
  return p;
}
