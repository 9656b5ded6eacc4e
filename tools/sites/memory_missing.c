/* Reads lines of health; contract in memory_missing.h. */
#include "memory_missing.h"
#include "say.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

enum { NAMED = 3 /* programs; the others are counted */ };

/* The program that a line is about; NULL: it is about something else. */
static const char *program_of(const struct dump *d, const struct dump_health *h) {
  const char *name = dump_text(d, h->name);
  return h->count > 0 && text_starts(name, MEMORY_MISSING) ? name + strlen(MEMORY_MISSING) : NULL;
}

uint64_t memory_missing(const struct dump *d) {
  uint64_t sum = 0;
  for (uint32_t i = 0; i < d->n_health; i++)
    sum += program_of(d, &d->health[i]) != NULL ? d->health[i].count : 0;
  return sum;
}

char *memory_known_words(const struct dump *d) {
  uint64_t missing = memory_missing(d), all = dump_processes(d);
  if (missing == 0)
    return NULL;
  return must_print("%" PRIu64 " of %" PRIu64 " processes", all > missing ? all - missing : 0, all);
}

char *memory_missing_words(const struct dump *d) {
  struct text text;
  uint64_t others = memory_missing(d);
  if (others == 0)
    return NULL;
  FILE *to = text_start(&text);
  for (uint32_t i = 0, named = 0; i < d->n_health && named < NAMED; i++) {
    const char *program = program_of(d, &d->health[i]);
    if (program == NULL)
      continue;
    fprintf(to, "%s%s", named++ > 0 ? ", " : "", program);
    if (d->health[i].count > 1)
      fprintf(to, " (%" PRIu64 ")", d->health[i].count);
    others -= d->health[i].count;
  }
  if (others > 0)
    fprintf(to, " and %" PRIu64 " more", others);
  fputs(": killed, or read while running: a record has no resident sizes", to);
  return text_end(to, &text);
}
