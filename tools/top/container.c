/* Finds a container's name; contract in container.h. */
#include "container.h"

#include <stdio.h>
#include <string.h>

enum { ID_DIGITS = 64, ID_SHOWN = 12 };

/* The innermost of nested ones: the last that stands in the text. */
static bool id_find(const char *text, char name[CONTAINER_MAX]) {
  bool found = false;
  while (*text != '\0') {
    size_t digits = strspn(text, "0123456789abcdef");
    if (digits == ID_DIGITS) {
      snprintf(name, CONTAINER_MAX, "%.*s", ID_SHOWN, text);
      found = true;
    }
    text += digits > 0 ? digits : 1;
  }
  return found;
}

static bool lxc_find(const char *text, char name[CONTAINER_MAX]) {
  static const char *const marks[] = {"/lxc/", "/lxc.payload.", "/lxc.payload/"};
  for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
    const char *at = strstr(text, marks[i]);
    size_t length = at != NULL ? strcspn(at + strlen(marks[i]), "/\n") : 0;
    if (length > 0) {
      snprintf(name, CONTAINER_MAX, "%.*s", (int)length, at + strlen(marks[i]));
      return true;
    }
  }
  return false;
}

bool container_in(const char *cgroups, char name[CONTAINER_MAX]) {
  return id_find(cgroups, name) || lxc_find(cgroups, name);
}

bool container_of(int pid, char name[CONTAINER_MAX]) {
  char path[64], text[16384];
  snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  FILE *f = fopen(path, "re");
  if (f == NULL)
    return false;
  size_t n = fread(text, 1, sizeof text - 1, f);
  fclose(f);
  text[n] = '\0';
  return container_in(text, name);
}
