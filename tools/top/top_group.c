/* Rows and their numbers; contract in top_group.h.  A row's number is that of its key in the trie,
 * whose text 0 is "". */
#include "top_group.h"
#include "say.h"
#include "text.h"
#include "trie.h"

#include <stdlib.h>
#include <string.h>

struct top_group top_group_new(void) {
  struct top_group g = {.keys = trie_new()};
  top_group_row(&g, "");
  return g;
}

void top_group_free(struct top_group *g) {
  for (uint32_t i = 0; i < g->count; i++)
    free(g->texts[i]);
  free(g->texts);
  trie_free(g->keys);
}

uint32_t top_group_row(struct top_group *g, const char *key) {
  uint32_t row = trie_text(g->keys, key);
  if (row == g->room) {
    uint32_t room = g->room * 2 + 256;
    g->texts = must_extend(g->texts, g->room, room, sizeof *g->texts);
    g->room = room;
  }
  if (row == g->count)
    g->count++;
  return row;
}

void top_group_show(struct top_group *g, uint32_t row, const char *text) {
  if (g->texts[row] != NULL && strcmp(g->texts[row], text) == 0)
    return;
  free(g->texts[row]);
  g->texts[row] = must_copy(text);
}

const char *top_group_text(const struct top_group *g, uint32_t row) {
  return g->texts[row] != NULL ? g->texts[row] : g->keys->texts[row];
}

char *top_group_line(const struct top_group *g, uint32_t row) {
  struct text line;
  FILE *to = text_start(&line);
  for (const char *text = top_group_text(g, row); *text != '\0'; text++)
    if (*text == '\n')
      fputs(" < ", to);
    else
      fputc(*text, to);
  return text_end(to, &line);
}
