/* Tags in a word; contract in tags.h. */
#include "tags.h"
#include "say.h"

char *tags_words(const struct dump *d) {
  static const char *const words[] = {"off", "site", "stack", "verify"};
  uint32_t tags = d->process->tags;
  if (tags >= DUMP_TAG_STACK && tags < sizeof words / sizeof *words)
    return must_print("%s:%u", words[tags], d->process->depth);
  return must_copy(tags < DUMP_TAG_STACK ? words[tags] : "of an unknown kind");
}
