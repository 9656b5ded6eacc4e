/* Stray pointers: what lies there; contract in invalid_pointer.h. */
#include "invalid_pointer.h"
#include "fault.h"
#include "find_object.h"
#include "large_tags.h"
#include "program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

/* A line of /proc/self/maps, read a character at a time: no libc parser may be trusted now. */
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
      break; /* the separator is eaten */
  }
  return n;
}

/* The rest of the line: "rw-p 00000000 00:00 0    [stack]"; what is wanted is its fifth word. */
static void tell_rest(struct maps *m, struct text *t) {
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

static __attribute__((noinline)) void tell_place(struct text *t, const void *p) {
  struct maps m = {.fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC)};
  uintptr_t start, end;
  while (m.fd >= 0 && (start = next_hex(&m)) != 0) {
    end = next_hex(&m);
    if ((uintptr_t)p >= start && (uintptr_t)p < end) {
      text_str(t, ", but in ");
      tell_rest(&m, t);
      text_str(t, " at +");
      text_hex(t, (uintptr_t)p - start);
      return;
    }
    for (int c; (c = next_char(&m)) >= 0 && c != '\n';)
      ;
  }
  text_str(t, ": nothing is mapped there");
}

void invalid_pointer(const char *entry, const void *p, const void *site) {
  char buffer[512];
  struct text t = TEXT_ON(buffer);
  fault_begin(&t, entry, p, site);
  text_str(&t, "the pointer is in no heap");
  tell_place(&t, p);
  fault_end(&t);
}

/* The tag of the live object that p is inside of, if there is one. */
struct search {
  uintptr_t p;
  struct large_tag found;
};
static void look_inside(const struct large_tag *t, void *arg) {
  struct search *s = arg;
  if (s->p - t->p < t->bytes)
    s->found = *t;
}

void invalid_large(const char *entry, const void *p, const void *site) {
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  struct search s = {.p = (uintptr_t)p};
  large_tags_each(look_inside, &s);
  fault_begin(&t, entry, p, site);
  if (s.found.p == 0)
    text_str(&t, "double free or stray pointer: no object is alive there");
  else {
    text_str(&t, "the pointer is ");
    text_u64(&t, s.p - s.found.p);
    text_str(&t, " bytes inside the ");
    text_u64(&t, s.found.bytes);
    text_str(&t, "-byte object at ");
    text_hex(&t, s.found.p);
  }
  fault_end(&t);
}

/* " (MODULE+OFFSET)" of a return address, for addr2line. */
static void tell_module(struct text *t, const void *site) {
  enum { NAME_MAX_SHOWN = 64 };
  struct dl_find_object found;
  if (!find_object((uintptr_t)site - 1, &found))
    return;
  const struct link_map *module = found.dlfo_link_map;
  const char *slash = strrchr(module->l_name, '/');
  const char *name = slash != NULL ? slash + 1 : module->l_name;
  text_str(t, " (");
  text_foreign(t, *name != '\0' ? name : program_name(), NAME_MAX_SHOWN);
  text_char(t, '+');
  text_hex(t, (uintptr_t)site - module->l_addr);
  text_char(t, ')');
}

void invalid_pointer_setup(void) {
  if (find_object_open())
    fault_tell_module = tell_module;
}
