/* Reads program headers with libelf; contract in segments.h. */
#include "segments.h"
#include "build_id.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PAGE = 4096 };

/* As the kernel maps it: from a page's start. */
static bool code_find(Elf *elf, struct segment *s, uint64_t bias) {
  size_t count = 0;
  elf_getphdrnum(elf, &count);
  for (size_t i = 0; i < count; i++) {
    GElf_Phdr p;
    if (gelf_getphdr(elf, (int)i, &p) == NULL || p.p_type != PT_LOAD || !(p.p_flags & PF_X))
      continue;
    s->start = bias + (p.p_vaddr & -(uint64_t)PAGE);
    s->end = bias + p.p_vaddr + p.p_memsz;
    s->offset = p.p_offset & -(uint64_t)PAGE;
    return true;
  }
  return false;
}

struct segment segment_find(const struct dump *d, const struct dump_module *m) {
  struct segment s = {.start = m->start, .end = m->end};
  const char *path = dump_bytes(d, m->path);
  int fd = strchr(path, '/') != NULL ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
  if (fd < 0)
    return s;
  elf_version(EV_CURRENT);
  Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
  const char *id = dump_text(d, m->build_id);
  s.same = elf != NULL && *id != '\0' && build_id_fits(elf, id) && code_find(elf, &s, m->bias);
  elf_end(elf);
  close(fd);
  return s;
}
