/* Keeps the last parts of the memory; contract in top_memory.h. */
#include "top_memory.h"
#include "memory_words.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

void top_memory_update(struct top_memory *m, const struct dump *d) {
  struct memory_parts p;
  if (!memory_parts_new(&p, d))
    return;
  free(m->words);
  m->known = true;
  m->whole = memory_whole(&p);
  m->lived_ns = d->process->lived_ns;
  m->words = memory_lines(d);
  m->words[strcspn(m->words, "\n")] = '\0';
  for (int i = 0; i < MEMORY_PARTS; i++)
    m->part[i] = memory_part_bytes(&p, (enum memory_part)i);
  memory_parts_free(&p);
}

void top_memory_free(struct top_memory *m) { free(m->words); }

double top_memory_age(const struct top_memory *m, const struct dump *now) {
  return now->process->lived_ns > m->lived_ns ? (double)(now->process->lived_ns - m->lived_ns) / 1e9
                                              : 0;
}

char *top_memory_words(const struct top_memory *m, const struct dump *now) {
  if (!m->known)
    return NULL;
  double age = top_memory_age(m, now);
  return age < 1 ? must_print("in memory %s", m->words)
                 : must_print("in memory %s (%.0f s ago)", m->words, age);
}
