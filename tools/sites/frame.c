/* Tells the program's own code from the system's; contract in frame.h. */
#include "frame.h"
#include "text.h"

#include <string.h>

static bool starts_one_of(const char *text, const char *const starts[]) {
  while (*starts != NULL && !text_starts(text, *starts))
    starts++;
  return *starts != NULL;
}

/* Rust's library, as its makers, Debian and the component rust-src have it; a workspace of one's
 * own may have a "library/", too. */
static bool is_rust_source(const char *file) {
  static const char *const starts[] = {
      "/rustc/",         "/rust/deps/",        "/usr/src/rustc-",       "library/alloc/",
      "library/core/",   "library/std/",       "library/test/",         "library/proc_macro/",
      "library/unwind/", "library/backtrace/", "library/panic_unwind/", NULL};
  size_t length = strlen(file);
  return strstr(file, "/rustlib/src/rust/library/") != NULL ||
         (length > 3 && strcmp(file + length - 3, ".rs") == 0 && starts_one_of(file, starts));
}

bool is_system_source(const char *file) {
  static const char *const kept[] = {"/usr/src/", "/usr/local/src/", NULL};
  return (text_starts(file, "/usr/") && !starts_one_of(file, kept)) || is_rust_source(file) ||
         strstr(file, "/include/c++/") != NULL;
}

/* The shim is between a program and libc where it counts mappings: pthread_create asks malloc for
 * memory. */
bool is_system_library(const char *path) {
  return text_starts(file_base(path), "libarenashim.so") ||
         ((text_starts(path, "/lib") || text_starts(path, "/usr/lib")) &&
          strstr(path, ".so") != NULL);
}

static bool is_of_runtime(const char *function) {
  return text_starts(function, "std::") || text_starts(function, "__gnu_cxx::") ||
         text_starts(function, "__");
}

bool frame_is_own(const struct dump *d, const struct frame *f) {
  if (f->label != NULL || f->module == 0 ||
      is_system_library(dump_text(d, d->modules[f->module - 1].path)))
    return false;
  return (f->function == NULL || !is_of_runtime(f->function)) &&
         (f->file == NULL || !is_system_source(f->file));
}
