/* Finds a module's files by libdwfl and verifies them; contract in modfile.h. */
#include "modfile.h"
#include "dump.h"
#include "build_id.h"
#include "by_name.h"
#include "debuginfod.h"
#include "progress.h"
#include "say.h"
#include "text.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct modfile {
  Dwfl_Callbacks callbacks;
  Dwfl *dwfl;
  Dwfl_Module *module;
  const struct search *search;
  char *path; /* where debug files are, in libdwfl's form */
  struct modfile_wanted wanted;
  const char *hex; /* its build-id; "": it has none */
  bool warned;     /* of a debug file that isn't its own */
};

/* A colon parts what libdwfl searches; a sysroot's debug files go before this machine's. */
static char *search_path(const struct search *p) {
  struct text text;
  FILE *to = text_start(&text);
  for (unsigned i = 0; i < p->debug_count; i++) {
    char *whole = realpath(p->debug_dirs[i], NULL);
    fprintf(to, "%s:", whole != NULL ? whole : p->debug_dirs[i]);
    free(whole);
  }
  if (p->sysroot != NULL) {
    char *whole = realpath(p->sysroot, NULL);
    fprintf(to, "%s/usr/lib/debug:", whole != NULL ? whole : p->sysroot);
    free(whole);
  }
  fputs(":.debug:/usr/lib/debug", to);
  return text_end(to, &text);
}

/* Whether libdwfl asks for the module's debug file, not for the one that dwz made of several. */
static bool asks_for_debug(Dwfl_Module *module, const char *link) {
  GElf_Word crc;
  GElf_Addr bias;
  Elf *elf = dwfl_module_getelf(module, &bias);
  const char *own = elf != NULL ? dwelf_elf_gnu_debuglink(elf, &crc) : NULL;
  return link == NULL || (own != NULL && strcmp(own, link) == 0);
}

static void misfit_warn(struct modfile *m, const char *file) {
  if (!m->warned) {
    progress_hide();
    say_warning("%s: it is not the debug file of the build that ran (build-ids differ): it is not "
                "used; put the right one there",
                file);
  }
  m->warned = true;
}

static bool debug_fits(struct modfile *m, int fd, const char *name) {
  char what[256];
  Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
  bool fits = elf != NULL && (*m->hex == '\0' || build_id_fits(elf, m->hex));
  elf_end(elf);
  snprintf(what, sizeof what, "debuginfod's answer for %s", name);
  if (!fits)
    misfit_warn(m, what);
  return fits;
}

/* Where libdwfl looks; it verifies nothing of what servers send. */
static int find_elsewhere(struct modfile *m, Dwfl_Module *module, const char *name, Dwarf_Addr base,
                          const char *file, const char *link, GElf_Word crc, char **found) {
  void *self = m;
  debuginfod_prepare(m->dwfl, name);
  int fd = dwfl_standard_find_debuginfo(module, &self, name, base, file, link, crc, found);
  progress_hide();
  if (fd < 0 || !asks_for_debug(module, link) || debug_fits(m, fd, name))
    return fd;
  close(fd);
  free(*found);
  *found = NULL;
  return -1;
}

/* What is found must be of the build that ran.  In --debug-dir libdwfl passes over files of other
 * builds in silence, and takes stripped ones: so we look there first. */
static int find_debug(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                      const char *file, const char *link, GElf_Word crc, char **found) {
  struct modfile *m = *data;
  char *misfit = NULL;
  int fd =
      asks_for_debug(module, link) ? by_name_find(m->search, &m->wanted, link, found, &misfit) : -1;
  if (fd < 0)
    fd = find_elsewhere(m, module, name, base, file, link, crc, found);
  if (fd < 0 && misfit != NULL)
    misfit_warn(m, misfit);
  free(misfit);
  return fd;
}

static void module_own(struct modfile *m, Dwfl_Module *module) {
  void **data;
  m->module = module;
  if (module != NULL && dwfl_module_info(module, &data, NULL, NULL, NULL, NULL, NULL, NULL) != NULL)
    *data = m;
}

/* Gives libdwfl a file that is known to be the right one. */
static bool module_report(struct modfile *m, const char *path, int fd) {
  dwfl_report_begin(m->dwfl);
  module_own(m, dwfl_report_elf(m->dwfl, file_base(path), path, fd, 0, true));
  dwfl_report_end(m->dwfl, NULL, NULL);
  return m->module != NULL;
}

/* The debug file of a module whose own file isn't there: a module of no more than a build-id. */
static bool module_by_id(struct modfile *m, const char *path) {
  unsigned char id[DUMP_BUILD_ID_MAX];
  size_t id_bytes = build_id_bytes(m->hex, id, sizeof id);
  char *found = NULL;
  if (id_bytes == 0)
    return false;
  dwfl_report_begin(m->dwfl);
  module_own(m, dwfl_report_module(m->dwfl, file_base(path), 0x1000, 0x2000));
  int fd = -1;
  if (m->module != NULL && dwfl_module_report_build_id(m->module, id, id_bytes, 0) == 0) {
    void *self = m;
    fd = find_debug(m->module, &self, file_base(path), 0, NULL, NULL, 0, &found);
  }
  dwfl_report_end(m->dwfl, NULL, NULL);
  bool done = fd >= 0 && module_report(m, found != NULL ? found : "", fd);
  if (fd >= 0 && !done)
    close(fd);
  free(found);
  return done;
}

/* Whether this is the file that ran; if not, why. */
static const char *file_differs(const struct modfile *m, Elf *elf, const struct stat *st,
                                uint64_t unix_time) {
  if (elf == NULL || elf_kind(elf) != ELF_K_ELF)
    return "it is not an ELF file";
  if (!build_id_fits(elf, m->hex))
    return "it is another build than the one that ran (build-ids differ)";
  if (*m->hex == '\0' && (uint64_t)st->st_mtime > unix_time)
    return "it is newer than the dump and has no build-id to compare";
  return NULL;
}

static const char *file_check(const struct modfile *m, int fd, uint64_t unix_time) {
  struct stat st;
  if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
    return "it is not a regular file";
  Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
  const char *why = file_differs(m, elf, &st, unix_time);
  elf_end(elf);
  return why;
}

/* Many files may have the same relative path: only a build-id says which of them ran. */
static const char *relative_doubt(const struct modfile *m, int fd) {
  if (*m->hex == '\0')
    return "its path is relative, and it has no build-id to compare";
  if (fd < 0)
    return "its path is relative, and leads nowhere from here (run this where the program ran)";
  return NULL;
}

/* The file at its own path; false: not there, or *why not. */
static bool module_at_path(struct modfile *m, const struct search *p,
                           const struct modfile_wanted *wanted, const char **why) {
  bool relative = wanted->path[0] != '/', done = false;
  if (strchr(wanted->path, '/') == NULL)
    return false;
  char *path = must_print("%s%s", p->sysroot != NULL && !relative ? p->sysroot : "", wanted->path);
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  *why = relative ? relative_doubt(m, fd) : NULL;
  if (fd >= 0 && *why == NULL && (*why = file_check(m, fd, wanted->unix_time)) == NULL) {
    done = module_report(m, path, fd);
    if (!done)
      *why = "it is not an ELF file";
  }
  if (fd >= 0 && !done)
    close(fd);
  free(path);
  return done;
}

struct modfile *modfile_open(const struct search *search, const struct modfile_wanted *wanted,
                             const char **why) {
  struct modfile *m = must_zalloc(1, sizeof *m);
  elf_version(EV_CURRENT);
  m->wanted = *wanted;
  m->hex = wanted->build_id;
  m->search = search;
  m->path = search_path(search);
  m->callbacks = (Dwfl_Callbacks){.find_elf = dwfl_build_id_find_elf,
                                  .find_debuginfo = find_debug,
                                  .section_address = dwfl_offline_section_address,
                                  .debuginfo_path = &m->path};
  m->dwfl = dwfl_begin(&m->callbacks);
  *why = NULL;
  if (m->dwfl != NULL &&
      (module_at_path(m, search, wanted, why) || module_by_id(m, wanted->path))) {
    *why = NULL;
    return m;
  }
  modfile_close(m);
  return NULL;
}

void modfile_close(struct modfile *m) {
  if (m == NULL)
    return;
  dwfl_end(m->dwfl);
  free(m->path);
  free(m);
}

Dwfl_Module *modfile_module(const struct modfile *m) { return m->module; }
