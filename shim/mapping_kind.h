/* What a mapping is for, as far as its line in /proc/PID/maps says it: one rule for a process that
 * looks at its own mappings and for the command that looks at another's.
 *
 *   7f00-7f10 rw-p 00000000 fe:00 1234     /usr/lib/libfoo.so     DATA
 *
 * Pure functions.  Kinds are those of DUMP_MAPPINGS (dump_format.h).
 */
#ifndef ARENASHIM_MAPPING_KIND_H
#define ARENASHIM_MAPPING_KIND_H

#include "dump_format.h"

#include <stdbool.h>
#include <string.h>

/* Larger mappings are not looked at page by page: they are address spaces that a sanitizer or a
 * run-time system reserved. */
#define MAPPING_WALK_MOST (UINT64_C(1) << 38)

/* The main thread's control block lies in memory of the loader's, of a few pages: no larger mapping
 * is called TLS. */
enum { MAPPING_TLS_MOST = 256 << 10 };

static inline bool mapping_begins(const char *path, const char *with) {
  return strncmp(path, with, strlen(with)) == 0;
}

/* Is it a name that the kernel gives to shared memory, or of a file that lies in memory? */
static inline bool mapping_is_shared_memory(const char *path) {
  return mapping_begins(path, "/dev/shm/") || mapping_begins(path, "/memfd:") ||
         mapping_begins(path, "/SYSV") || mapping_begins(path, "/dev/zero") ||
         mapping_begins(path, "[anon_shmem");
}

/* Of a file, or of shared memory with a name in the file system. */
static inline uint32_t mapping_kind_of_file(const char *path, bool writable, bool executable,
                                            bool shared) {
  if (shared)
    return mapping_is_shared_memory(path) ? DUMP_MAPPING_SHARED_MEMORY : DUMP_MAPPING_SHARED_FILE;
  return executable ? DUMP_MAPPING_TEXT : writable ? DUMP_MAPPING_DATA : DUMP_MAPPING_READ_ONLY;
}

/* Of a name in brackets.  NONE: the kernel's own pages, which it counts nowhere. */
static inline uint32_t mapping_kind_of_bracketed(const char *path) {
  return mapping_begins(path, "[vvar")         ? DUMP_MAPPING_NONE
         : mapping_begins(path, "[heap]")      ? DUMP_MAPPING_BREAK
         : mapping_begins(path, "[stack]")     ? DUMP_MAPPING_MAIN_STACK
         : mapping_begins(path, "[vdso]")      ? DUMP_MAPPING_VDSO
         : mapping_begins(path, "[anon_shmem") ? DUMP_MAPPING_SHARED_MEMORY
                                               : DUMP_MAPPING_ANONYMOUS;
}

/* Is such a row known by the name as well as by the kind? */
static inline bool mapping_kind_has_name(uint32_t kind) {
  return kind == DUMP_MAPPING_ANONYMOUS || kind == DUMP_MAPPING_SHARED_MEMORY;
}

/* Private anonymous memory, whatever the kernel calls it. */
static inline bool mapping_is_anonymous(const char *path, bool shared) {
  return !shared && (path[0] == '\0' || mapping_begins(path, "[heap]") ||
                     mapping_begins(path, "[stack]") || mapping_begins(path, "[anon"));
}

/* A mapping that nobody may use, and that has no name: a guard, or reserved addresses. */
static inline bool mapping_is_reserved(const char *path, bool readable, bool writable,
                                       bool executable) {
  return path[0] == '\0' && !readable && !writable && !executable;
}

#endif
