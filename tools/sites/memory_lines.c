/* The resident memory in two lines, for the heads of other screens; contract in memory_words.h. */
#include "memory_missing.h"
#include "memory_words.h"
#include "say.h"
#include "text.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 5, LINE = 68 /* columns: 80 without what stands before */ };

/* As memory_sentence, where that is longer than a line of a screen: what would change it. */
static char *memory_brief(const struct memory_parts *p, enum memory_part part) {
  switch (part) {
  case MEMORY_PROFILER:
    if (p->dump->process->tags == DUMP_TAG_OFF)
      break;
    return must_copy("tags and accounts: ARENASHIM_SAMPLE=512K needs less, TAG=off hardly any");
  case MEMORY_CODE:
    return must_copy("when memory is short the kernel drops pages of code and constants");
  case MEMORY_DATA:
    return must_copy("variables of the program and its libraries that were written");
  case MEMORY_FILES:
    return must_copy("unchanged pages of mapped files go when memory is short");
  case MEMORY_SHARED:
    return must_copy("shared memory stays until it is unmapped or removed");
  case MEMORY_STACKS:
    return must_copy("fewer threads, or calls less deep, need less of stacks");
  default:
    break;
  }
  return memory_sentence(p, part, NULL, false);
}

static bool is_worth_words(const struct memory_parts *p, enum memory_part part) {
  return part != MEMORY_OBJECTS && memory_part_bytes(p, part) >= memory_whole(p) / 4;
}

/* Writes the sum, "12.3 MiB:"; returns how many columns that takes. */
static int whole_put(const struct memory_parts *p, FILE *to) {
  char whole[UNITS_MAX], *known = memory_known_words(p->dump);
  units_bytes(memory_whole(p), false, whole);
  int columns =
      fprintf(to, "%s%s%s:", whole, known != NULL ? " of " : "", known != NULL ? known : "");
  free(known);
  return columns;
}

/* " 45% live objects" */
static char *share_words(const struct memory_parts *p, enum memory_part part) {
  char percent[UNITS_MAX];
  units_percent(memory_part_bytes(p, part), memory_whole(p), percent);
  percent[strcspn(percent, ".")] = '\0';
  return must_print(" %s%% %s", percent, memory_part_brief(part));
}

/* The sum, and the largest parts of a twentieth or more that the line has room for. */
static void shares_put(const struct memory_parts *p, FILE *to) {
  int used = whole_put(p, to);
  for (int i = 0; i < FEW && memory_part_bytes(p, p->order[i]) * 20 >= memory_whole(p); i++) {
    char *words = share_words(p, p->order[i]);
    const char *comma = i == 0 ? "" : ",";
    if (used + (int)(strlen(comma) + strlen(words)) <= LINE)
      used += fprintf(to, "%s%s", comma, words);
    free(words);
  }
  fputc('\n', to);
}

char *memory_lines(const struct dump *d) {
  struct memory_parts p;
  if (!memory_parts_new(&p, d))
    return NULL;
  struct text text;
  FILE *to = text_start(&text);
  shares_put(&p, to);
  if (is_worth_words(&p, p.order[0])) {
    char *words = memory_brief(&p, p.order[0]);
    fprintf(to, "%s\n", words);
    free(words);
  }
  memory_parts_free(&p);
  return text_end(to, &text);
}
