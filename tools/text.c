/* Texts in memory; contract in text.h. */
#include "text.h"
#include "say.h"

FILE *text_start(struct text *t) {
  *t = (struct text){0};
  return must_have(open_memstream(&t->at, &t->length));
}

char *text_end(FILE *to, struct text *t) {
  fclose(to);
  return must_have(t->at);
}
