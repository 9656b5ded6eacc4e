/* Judges what can be watched; contract in run_target.h. */
#include "run_target.h"
#include "run_elf.h"
#include "run_find.h"
#include "say.h"
#include "text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SCRIPTS_MAX = 5 }; /* scripts whose interpreters are scripts: Linux follows this many */

static bool refuse(const char *path, const char *why) {
  say_error("%s can't be watched: %s", path, why);
  return false;
}

/* Privileges that the file gives: the loader then ignores LD_PRELOAD.  NULL: none. */
static const char *privilege_of(const char *path) {
  struct stat s;
  struct statvfs fs;
  if (stat(path, &s) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ||
      (statvfs(path, &fs) == 0 && fs.f_flag & ST_NOSUID))
    return NULL;
  if (s.st_mode & S_ISUID && s.st_uid != getuid())
    return "it is set-user-id, and such a program preloads nothing: run it as its owner, or run a "
           "copy without the bit (chmod u-s)";
  if (s.st_mode & S_ISGID && s.st_mode & S_IXGRP && s.st_gid != getgid())
    return "it is set-group-id, and such a program preloads nothing: run a copy without the bit "
           "(chmod g-s)";
  if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
    return "it has file capabilities, and such a program preloads nothing: run it as root, or run "
           "a copy, which has none";
  return NULL;
}

/* The loader itself can be a program: `ld-linux-x86-64.so.2 ./app` preloads as usual. */
static const char *loader_of(const struct elf_facts *f) {
  static const char glibc[] = "ld-linux-x86-64.so";
  const char *loader = file_base(f->interpreter);
  if (strncmp(*loader != '\0' ? loader : f->soname, glibc, sizeof glibc - 1) == 0)
    return NULL;
  if (*loader == '\0' && f->go)
    return "it is a static Go program, whose heap is Go's own: use Go's runtime/pprof";
  if (*loader == '\0')
    return "it is linked statically, and such a program preloads nothing: link it without -static";
  if (strncmp(loader, "ld-musl", 7) == 0)
    return "it is built for musl, and the shim for glibc: build it for glibc";
  return "its loader is not glibc's: build it for glibc on x86-64";
}

static const char *machine_of(const struct elf_facts *f) {
  if (!f->is_x86)
    return "it is for another machine than x86-64: build it for this one";
  if (!f->is_64)
    return "it is a 32-bit program, and the shim has 64 bits: build it with -m64";
  return NULL;
}

/* The shim's thread-local storage, most of it jemalloc's, is more than the loader keeps free beside
 * an auditing library. */
static void audit_check(void) {
  const char *audit = getenv("LD_AUDIT"), *tunables = getenv("GLIBC_TUNABLES");
  if (audit != NULL && *audit != '\0' &&
      (tunables == NULL || strstr(tunables, "optional_static_tls") == NULL))
    say_warning(
        "LD_AUDIT is set: if the loader \"cannot allocate memory in static TLS block\", set "
        "GLIBC_TUNABLES=glibc.rtld.optional_static_tls=4096");
}

static bool elf_check(const char *path, const struct elf_facts *f) {
  const char *why = machine_of(f);
  if (why == NULL)
    why = loader_of(f);
  if (why == NULL)
    why = privilege_of(path);
  if (why != NULL)
    return refuse(path, why);
  if (f->sanitizer[0] != '\0') {
    say_error("%s can't be watched: it is built with %sSanitizer, which has a malloc of its own: "
              "build it without -fsanitize",
              path, f->sanitizer);
    return false;
  }
  audit_check();
  if (f->own_malloc)
    say_warning("%s defines malloc itself: what its own malloc serves is not seen; build it "
                "without to see it",
                path);
  else if (f->go)
    say_warning(
        "%s is a Go program: only what its C code allocates is seen, and only at a signal (Ctrl-C, "
        "TERM, kill -63), because Go does not end by libc's exit; for the rest use Go's "
        "runtime/pprof",
        path);
  return true;
}

/* Cuts the words of a script's first line; `words` has room for two, NULL when there are none. */
static bool script_words(char *line, char *words[2]) {
  if (line[0] != '#' || line[1] != '!')
    return false;
  line[strcspn(line, "\n")] = '\0';
  char *save;
  words[0] = strtok_r(line + 2, " \t\r", &save);
  words[1] = words[0] != NULL ? strtok_r(NULL, " \t\r", &save) : NULL;
  /* `env -S` and `env NAME=value`: the program comes later */
  while (words[1] != NULL && strcmp(file_base(words[0]), "env") == 0 &&
         (words[1][0] == '-' || strchr(words[1], '=') != NULL))
    words[1] = strtok_r(NULL, " \t\r", &save);
  return words[0] != NULL;
}

/* The file that runs a script; NULL: it is not there.  The caller frees it. */
static char *script_runner(char *const words[2]) {
  if (strcmp(file_base(words[0]), "env") == 0 && words[1] != NULL)
    return find_program(words[1]);
  return access(words[0], X_OK) == 0 ? must_copy(words[0]) : NULL;
}

/* The first line, or as much of it as Linux reads.  False when the file can't be read. */
static bool line_read(const char *path, char line[257]) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  ssize_t got = fd >= 0 ? read(fd, line, 256) : -1;
  if (fd >= 0)
    close(fd);
  line[got > 0 ? got : 0] = '\0';
  return got >= 0;
}

/* Programs that start others under a cleaned environment; NULL: it is none of these. */
static const char *cleaner_of(const char *path) {
  const char *name = file_base(path);
  if (strcmp(name, "sudo") == 0)
    return "it starts programs without LD_PRELOAD: put it first, as in `sudo arenashim run "
           "PROGRAM`";
  if (strcmp(name, "doas") == 0)
    return "it starts programs without LD_PRELOAD: put it first, as in `doas arenashim run "
           "PROGRAM`";
  if (strcmp(name, "pkexec") == 0)
    return "it starts programs without LD_PRELOAD: put it first, as in `pkexec arenashim run "
           "PROGRAM`";
  return NULL;
}

/* The kernel's own test of a program: neither of these is refused by execve. */
static bool file_check(const char *path, int scripts) {
  char line[257], *words[2];
  struct elf_facts facts;
  if (strcmp(file_base(path), "valgrind") == 0)
    return refuse(path, "valgrind replaces malloc itself: run the program without it");
  if (cleaner_of(path) != NULL)
    return refuse(path, cleaner_of(path));
  if (!line_read(path, line))
    return true;
  if (elf_facts_read(path, &facts))
    return elf_check(path, &facts);
  if (!script_words(line, words))
    return refuse(path, "it is neither an ELF program nor a script that starts with #!: name its "
                        "interpreter first, such as sh");
  char *runner = scripts < SCRIPTS_MAX ? script_runner(words) : NULL;
  bool good = runner == NULL || file_check(runner, scripts + 1);
  free(runner);
  return good;
}

bool target_check(const char *path) { return file_check(path, 0); }
