/* Finds the files that words stand for; contract in inputs.h. */
#include "inputs.h"
#include "say.h"
#include "text.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void name_take(struct inputs *in, char *name) {
  in->is_set |= in->count > 0;
  in->names = must_resize(in->names, in->count + 1, sizeof *in->names);
  in->names[in->count++] = name;
}

static bool is_directory(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* ---- directories ---- */

static int is_wanted(const struct dirent *e) {
  return *e->d_name != '.' && (text_ends(e->d_name, ".dump") || text_ends(e->d_name, ".record"));
}

/* By bytes: the same order in every locale. */
static int by_name(const struct dirent **a, const struct dirent **b) {
  return strcmp((*a)->d_name, (*b)->d_name);
}

static char *directory_add(struct inputs *in, const char *path) {
  struct dirent **found;
  size_t before = in->count;
  const char *slash = text_ends(path, "/") ? "" : "/";
  int n = scandir(path, &found, is_wanted, by_name);
  if (n < 0)
    return must_print("%s: can't be read: %s: name a directory of dumps that you may read", path,
                      strerror(errno));
  for (int i = 0; i < n; i++) {
    char *name = must_print("%s%s%s", path, slash, found[i]->d_name);
    if (is_directory(name))
      free(name);
    else
      name_take(in, name);
    free(found[i]);
  }
  free(found);
  in->is_set = true;
  return in->count > before
             ? NULL
             : must_print("%s: no NAME.dump and no NAME.record in this directory: name one that "
                          "has some, or the files",
                          path);
}

/* ---- lists ---- */

static char *word_add(struct inputs *in, const char *word) {
  if (is_directory(word))
    return directory_add(in, word);
  name_take(in, must_copy(word));
  return NULL;
}

static char *list_add(struct inputs *in) {
  char *line = NULL, *why = NULL;
  size_t room = 0, before = in->count;
  if (in->read_list)
    return must_copy("-: the list on standard input was read already: name it once");
  in->read_list = in->is_set = true;
  while (why == NULL && getline(&line, &room, stdin) > 0) {
    line[strcspn(line, "\n")] = '\0';
    if (*line != '\0')
      why = word_add(in, line);
  }
  free(line);
  if (why != NULL || in->count > before)
    return why;
  return must_copy("-: no names on standard input: give a file's name a line, such as find prints");
}

bool inputs_is_several(const char *word) { return strcmp(word, "-") == 0 || is_directory(word); }

char *inputs_add(struct inputs *in, const char *word) {
  return strcmp(word, "-") == 0 ? list_add(in) : word_add(in, word);
}

/* ---- all of them ---- */

void inputs_free(struct inputs *in) {
  for (size_t i = 0; i < in->count; i++)
    free(in->names[i]);
  free(in->names);
  free(in->title);
}

const char *inputs_title(struct inputs *in) {
  free(in->title);
  in->title = in->count == 1 ? must_copy(in->names[0]) : must_print("%zu files", in->count);
  return in->title;
}

size_t inputs_drop(struct inputs *in, const char *path) {
  struct stat out, s;
  size_t kept = 0, all = in->count;
  if (stat(path, &out) != 0)
    return 0;
  for (size_t i = 0; i < all; i++)
    if (stat(in->names[i], &s) == 0 && s.st_dev == out.st_dev && s.st_ino == out.st_ino)
      free(in->names[i]);
    else
      in->names[kept++] = in->names[i];
  in->count = kept;
  return all - kept;
}
