/* Tries names; contract in by_name.h. */
#include "by_name.h"
#include "build_id.h"
#include "say.h"
#include "text.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether a file has names: a stripped one is of no use here. */
static bool has_names(Elf *elf) {
  Elf_Scn *section = NULL;
  GElf_Shdr header;
  size_t names;
  if (elf_getshdrstrndx(elf, &names) != 0)
    return false;
  while ((section = elf_nextscn(elf, section)) != NULL) {
    const char *name =
        gelf_getshdr(section, &header) != NULL ? elf_strptr(elf, names, header.sh_name) : NULL;
    if (header.sh_type == SHT_SYMTAB || (name != NULL && strcmp(name, ".debug_info") == 0))
      return true;
  }
  return false;
}

/* Returns whether there is such a file; if it is the right one, *fd is set to its descriptor. */
static bool file_try(const char *path, const char *hex, int *fd) {
  struct stat st;
  *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (*fd < 0)
    return false;
  Elf *elf = fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) ? elf_begin(*fd, ELF_C_READ, NULL) : NULL;
  bool names = elf != NULL && elf_kind(elf) == ELF_K_ELF && has_names(elf);
  bool fits = names && build_id_fits(elf, hex);
  elf_end(elf);
  if (!fits) {
    close(*fd);
    *fd = -1;
  }
  return names;
}

/* What by_name_find looks for, and what it has found so far. */
struct hunt {
  const char *hex;
  char **found, **misfit;
  int fd;
};

/* Tries the file at a path; frees the path. */
static void path_try(struct hunt *h, char *path) {
  if (h->fd < 0 && file_try(path, h->hex, &h->fd)) {
    char **place = h->fd >= 0 ? h->found : h->misfit;
    if (*place == NULL) {
      *place = path;
      return;
    }
  }
  free(path);
}

/* Looks below a directory: at the module's whole path there, then without its first part, without
 * its first two, and so on. */
static void name_try(struct hunt *h, const char *directory, const char *path, const char *name,
                     const char *ending) {
  const char *base = file_base(path), *at = path;
  bool leads_out = strstr(path, "../") != NULL;
  while (!leads_out && h->fd < 0 && (at = strchr(at, '/')) != NULL && ++at < base)
    path_try(h, must_print("%s/%.*s%s%s", directory, (int)(base - at), at, name, ending));
  path_try(h, must_print("%s/%s%s", directory, name, ending));
}

int by_name_find(const struct search *search, const struct modfile_wanted *wanted, const char *link,
                 char **found, char **misfit) {
  struct hunt h = {.hex = wanted->build_id, .found = found, .misfit = misfit, .fd = -1};
  const char *base = file_base(wanted->path);
  *found = *misfit = NULL;
  for (unsigned i = 0; i < search->debug_count && *wanted->build_id != '\0' && *base != '\0'; i++) {
    const char *directory = search->debug_dirs[i];
    if (strlen(wanted->build_id) > 2)
      path_try(&h, must_print("%s/.build-id/%.2s/%s.debug", directory, wanted->build_id,
                              wanted->build_id + 2));
    if (link != NULL)
      name_try(&h, directory, wanted->path, file_base(link), "");
    name_try(&h, directory, wanted->path, base, ".debug");
    name_try(&h, directory, wanted->path, base, "");
  }
  if (h.fd >= 0) {
    free(*misfit);
    *misfit = NULL;
  }
  return h.fd;
}
