/* Gives, takes and has libc give memory, from its constructor on; opened with RTLD_DEEPBIND by
 * deepbind.c. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((constructor)) static void starts(void) { free(strdup("libc's, freed here")); }

char *plugin_give(void) { return strcpy(malloc(64), "given"); }
void plugin_take(char *p) { free(p); }
int plugin_line(const char *path) {
  char *line = NULL, *copy = NULL;
  size_t room = 0;
  FILE *file = fopen(path, "r");
  int good = file != NULL && getline(&line, &room, file) > 0 && asprintf(&copy, "%s", line) > 0;
  free(line);
  free(copy);
  free(strdup("duplicate"));
  return good && fclose(file) == 0;
}
