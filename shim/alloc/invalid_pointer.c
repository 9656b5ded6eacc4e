/* What is said of an invalid pointer; contract in invalid_pointer.h. */
#include "invalid_pointer.h"
#include "fault.h"
#include "find_object.h"
#include "huge.h"
#include "large_tags.h"
#include "program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* /proc/self/maps, read a character at a time: libc's parsers could allocate. */
struct maps {
  int fd;
  char buffer[256];
  size_t at, end;
};

static int next_char(struct maps *m) {
  if (m->at == m->end) {
    ssize_t n = read(m->fd, m->buffer, sizeof m->buffer);
    if (n <= 0)
      return -1;
    m->at = 0;
    m->end = (size_t)n;
  }
  return (unsigned char)m->buffer[m->at++];
}

static uintptr_t next_hex(struct maps *m) {
  uintptr_t n = 0;
  for (int c; (c = next_char(m)) >= 0;) {
    if (c >= '0' && c <= '9')
      n = n * 16 + (uintptr_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      n = n * 16 + (uintptr_t)(c - 'a' + 10);
    else
      break; /* the separator was read, too */
  }
  return n;
}

/* The rest of a line is "rw-p 00000000 00:00 0    [stack]": its fifth word is the path. */
static void add_path(struct maps *m, struct text *t) {
  enum { PATH_SHOWN_MAX = 200 };
  char path[PATH_SHOWN_MAX + 1];
  struct text rest = {.bytes = path, .capacity = PATH_SHOWN_MAX};
  unsigned words = 0;
  bool in_word = false;
  for (int c; (c = next_char(m)) >= 0 && c != '\n';) {
    words += c != ' ' && !in_word;
    in_word = c != ' ';
    if (words >= 5)
      text_char(&rest, (char)c);
  }
  path[rest.length] = '\0';
  if (text_foreign(t, path, PATH_SHOWN_MAX) == 0)
    text_str(t, "an unnamed mapping");
}

static __attribute__((noinline)) void add_mapping(struct text *t, const void *p) {
  struct maps m = {.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
  uintptr_t start, end;
  while (m.fd >= 0 && (start = next_hex(&m)) != 0) {
    end = next_hex(&m);
    if ((uintptr_t)p >= start && (uintptr_t)p < end) {
      text_str(t, ", but in ");
      add_path(&m, t);
      text_str(t, " at +");
      text_hex(t, (uintptr_t)p - start);
      return;
    }
    for (int c; (c = next_char(&m)) >= 0 && c != '\n';)
      ;
  }
  text_str(t, ": nothing is mapped there");
}

void invalid_pointer(const char *entry, const void *p, const void *caller) {
  uintptr_t start;
  size_t bytes;
  if (huge_around(p, &start, &bytes))
    invalid_large(entry, p, caller);
  char buffer[512];
  struct text t = TEXT_ON(buffer);
  fault_begin(&t, entry, p, caller);
  text_str(&t, "the pointer is in no heap");
  add_mapping(&t, p);
  fault_end(&t);
}

/* The tag of the live object that p points into; found.p is 0 if there is none. */
struct search {
  uintptr_t p;
  struct large_tag found;
};

static void find_around(const struct large_tag *t, void *arg) {
  struct search *s = arg;
  if (s->p - t->p < t->bytes)
    s->found = *t;
}

/* Sets start and bytes of the live object that p points into; bytes 0: there is none. */
static void find_object_around(const void *p, uintptr_t *start, size_t *bytes) {
  struct search s = {.p = (uintptr_t)p};
  large_tags_each(find_around, &s);
  if (s.found.p == 0) {
    huge_around(p, start, bytes);
    return;
  }
  *start = s.found.p;
  *bytes = s.found.bytes;
}

void invalid_large(const char *entry, const void *p, const void *caller) {
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  uintptr_t start;
  size_t bytes;
  find_object_around(p, &start, &bytes);
  fault_begin(&t, entry, p, caller);
  if (bytes == 0)
    text_str(&t, "double free or invalid pointer: no object is alive there");
  else {
    text_str(&t, "the pointer is ");
    text_u64(&t, (uintptr_t)p - start);
    text_str(&t, " bytes inside the ");
    text_u64(&t, bytes);
    text_str(&t, "-byte object at ");
    text_hex(&t, start);
  }
  fault_end(&t);
}

/* Adds " (MODULE+OFFSET)" of a return address, for addr2line. */
static void add_module(struct text *t, const void *caller) {
  enum { NAME_MAX_SHOWN = 64 };
  struct dl_find_object found;
  if (!find_object((uintptr_t)caller - 1, &found))
    return;
  const struct link_map *module = found.dlfo_link_map;
  const char *slash = strrchr(module->l_name, '/');
  const char *name = slash != NULL ? slash + 1 : module->l_name;
  text_str(t, " (");
  text_foreign(t, *name != '\0' ? name : program_name(), NAME_MAX_SHOWN);
  text_char(t, '+');
  text_hex(t, (uintptr_t)caller - module->l_addr);
  text_char(t, ')');
}

void invalid_pointer_setup(void) {
  if (find_object_open())
    fault_write_module = add_module;
}
