/* Cleans names, looks behind the loader; contract in run_name.h. */
#include "run_name.h"
#include "say.h"
#include "text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

char *run_name(const char *path) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
  char *name = must_print("%.*s", RUN_NAME_MAX, file_base(path));
  if (*name == '\0') {
    free(name);
    return must_copy("_");
  }
  if (name[strspn(name, ".")] == '\0')
    name[0] = '_';
  for (char *c = name; *(c += strspn(c, plain)) != '\0';)
    *c = '_';
  return name;
}

bool run_is_loader(const char *name) { return text_starts(name, "ld-linux-x86-64.so"); }

/* The loader's options that the next word belongs to. */
static bool takes_word(const char *option) {
  static const char *const options[] = {
      "--argv0",        "--audit",         "--glibc-hwcaps-mask",   "--preload",
      "--library-path", "--inhibit-rpath", "--glibc-hwcaps-prepend"};
  for (size_t i = 0; i < sizeof options / sizeof *options; i++)
    if (strcmp(option, options[i]) == 0)
      return true;
  return false;
}

const char *run_loaded_word(char **command) {
  for (char **word = command + 1; *word != NULL; word++) {
    if (!text_starts(*word, "--"))
      return *word;
    if (takes_word(*word) && word[1] != NULL)
      word++;
  }
  return NULL;
}
