/* Texts; contract in text.h. */
#include "text.h"
#include "say.h"

#include <string.h>

FILE *text_start(struct text *t) {
  *t = (struct text){0};
  return must_have(open_memstream(&t->at, &t->length));
}

char *text_end(FILE *to, struct text *t) {
  fclose(to);
  return must_have(t->at);
}

bool text_starts(const char *text, const char *with) {
  return strncmp(text, with, strlen(with)) == 0;
}

bool text_ends(const char *text, const char *with) {
  size_t n = strlen(text), m = strlen(with);
  return n >= m && strcmp(text + n - m, with) == 0;
}

const char *file_base(const char *file) {
  const char *slash = strrchr(file, '/');
  return slash != NULL ? slash + 1 : file;
}
