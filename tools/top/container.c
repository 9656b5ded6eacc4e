/* Finds a container's name; contract in container.h. */
#include "container.h"
#include "say.h"

#include <stdio.h>
#include <stdlib.h>
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

enum { TEXT_MAX = 16384 };

/* False: there is no such process, or it is another's. */
static bool text_read(int pid, char text[TEXT_MAX]) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/cgroup", pid);
  FILE *f = fopen(path, "re");
  if (f == NULL)
    return false;
  size_t n = fread(text, 1, TEXT_MAX - 1, f);
  fclose(f);
  text[n] = '\0';
  return true;
}

bool container_of(int pid, char name[CONTAINER_MAX]) {
  char text[TEXT_MAX];
  return text_read(pid, text) && container_in(text, name);
}

/* Whether one of the controllers of a line "4:cpu,memory:/path" is that one. */
static bool has_controller(const char *line, const char *name) {
  const char *at = strchr(line, ':'), *end = at != NULL ? strchr(at + 1, ':') : NULL;
  size_t length = strlen(name);
  while (end != NULL && at < end) {
    size_t n = strcspn(at + 1, ",:");
    if (n == length && memcmp(at + 1, name, n) == 0)
      return true;
    at += 1 + n;
  }
  return false;
}

/* The path of a line, which ends with it. */
static char *path_of(const char *line) {
  const char *at = strchr(line, ':');
  at = at != NULL ? strchr(at + 1, ':') : NULL;
  return at != NULL ? must_print("%.*s", (int)strcspn(at + 1, "\n"), at + 1) : must_copy("");
}

char *cgroup_in(const char *cgroups) {
  char *best = must_copy("");
  for (const char *line = cgroups; *line != '\0';) {
    bool unified = line[0] == '0' && line[1] == ':';
    if (unified || has_controller(line, "memory")) {
      char *path = path_of(line);
      bool better = unified ? strcmp(path, "/") != 0 || *best == '\0'
                            : *best == '\0' || strcmp(best, "/") == 0;
      free(better ? best : path);
      best = better ? path : best;
    }
    line += strcspn(line, "\n");
    line += *line == '\n';
  }
  return best;
}

char *cgroup_of(int pid) {
  char text[TEXT_MAX];
  return text_read(pid, text) ? cgroup_in(text) : must_copy("");
}
