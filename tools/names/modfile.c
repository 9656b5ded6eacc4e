/* Finds a module's files by libdwfl and verifies them; contract in modfile.h. */
#include "modfile.h"
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

enum { ID_MAX = 64 };

struct modfile {
  Dwfl_Callbacks callbacks;
  Dwfl *dwfl;
  Dwfl_Module *module;
  const struct search *search;
  char *path; /* where debug files are, in libdwfl's form */
  unsigned char id[ID_MAX];
  size_t id_bytes; /* 0: has none */
  const char *hex; /* the same as text */
  bool warned;     /* of a debug file that isn't its own */
};

/* Reads a build-id's hexadecimal digits; returns its bytes, 0 when it is none. */
static size_t id_read(const char *hex, unsigned char id[ID_MAX]) {
  size_t digits = strlen(hex);
  if (digits % 2 != 0 || digits / 2 > ID_MAX || strspn(hex, "0123456789abcdef") != digits)
    return 0;
  for (size_t i = 0; i < digits / 2; i++) {
    char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
    id[i] = (unsigned char)strtoul(pair, NULL, 16);
  }
  return digits / 2;
}

static bool has_id(Elf *elf, const unsigned char *id, size_t bytes) {
  const void *found = NULL;
  ssize_t n = dwelf_elf_gnu_build_id(elf, &found);
  return (n > 0 ? (size_t)n : 0) == bytes && (bytes == 0 || memcmp(found, id, bytes) == 0);
}

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

/* libdwfl verifies local files, but not what servers send. */
static bool debug_fits(struct modfile *m, int fd, const char *name) {
  char what[256];
  Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
  bool fits = elf != NULL && (m->id_bytes == 0 || has_id(elf, m->id, m->id_bytes));
  elf_end(elf);
  snprintf(what, sizeof what, "debuginfod's answer for %s", name);
  if (!fits)
    misfit_warn(m, what);
  return fits;
}

/* It passes over files of other builds in silence: tells of those in --debug-dir. */
static void misfits_tell(struct modfile *m) {
  for (unsigned i = 0; i < m->search->debug_count && m->id_bytes > 1; i++) {
    char *file =
        must_print("%s/.build-id/%.2s/%s.debug", m->search->debug_dirs[i], m->hex, m->hex + 2);
    if (access(file, F_OK) == 0)
      misfit_warn(m, file);
    free(file);
  }
}

/* libdwfl looks for names; what it finds must be of the build that ran. */
static int find_debug(Dwfl_Module *module, void **data, const char *name, Dwarf_Addr base,
                      const char *file, const char *link, GElf_Word crc, char **found) {
  struct modfile *m = *data;
  debuginfod_prepare(m->dwfl, name);
  int fd = dwfl_standard_find_debuginfo(module, data, name, base, file, link, crc, found);
  progress_hide();
  if (!asks_for_debug(module, link))
    return fd;
  if (fd < 0) {
    misfits_tell(m);
  } else if (!debug_fits(m, fd, name)) {
    close(fd);
    free(*found);
    *found = NULL;
    return -1;
  }
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
  char *found = NULL;
  if (m->id_bytes == 0)
    return false;
  dwfl_report_begin(m->dwfl);
  module_own(m, dwfl_report_module(m->dwfl, file_base(path), 0x1000, 0x2000));
  int fd = -1;
  if (m->module != NULL && dwfl_module_report_build_id(m->module, m->id, m->id_bytes, 0) == 0) {
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
  if (!has_id(elf, m->id, m->id_bytes))
    return "it is another build than the one that ran (build-ids differ)";
  if (m->id_bytes == 0 && (uint64_t)st->st_mtime > unix_time)
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

/* Many files may have the same relative path: only a build-id tells which of them ran. */
static const char *relative_doubt(const struct modfile *m, int fd) {
  if (m->id_bytes == 0)
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
  m->id_bytes = id_read(wanted->build_id, m->id);
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
