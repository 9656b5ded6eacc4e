/* Paths in a trie; contract in stacks.h.  Each frame's text is made once. */
#include "stacks.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>

struct stacks {
  const struct session *session;
  struct trie *trie;
  enum frame_detail detail;
  uint32_t *texts; /* of each path: its frame's number + 1, 0: not yet asked for */
};

struct stacks *stacks_new(const struct session *s, struct trie *t, enum frame_detail detail) {
  struct stacks *stacks = must_alloc(sizeof *stacks);
  *stacks = (struct stacks){.session = s, .trie = t, .detail = detail};
  stacks->texts = must_zalloc(s->paths->count, sizeof *stacks->texts);
  return stacks;
}

void stacks_free(struct stacks *s) {
  free(s->texts);
  free(s);
}

static uint32_t frame_text(struct stacks *s, uint32_t path) {
  struct text text;
  if (s->texts[path] != 0)
    return s->texts[path] - 1;
  FILE *to = text_start(&text);
  session_frame_print(s->session, path, s->detail, to);
  uint32_t number = trie_text(s->trie, text_end(to, &text));
  free(text.at);
  s->texts[path] = number + 1;
  return number;
}

uint32_t stacks_node(struct stacks *s, const struct row *r) {
  const char *title = row_title(r);
  uint32_t node = TRIE_ROOT;
  for (uint32_t path = r->key; path != PATH_ROOT; path = s->session->paths->items[path].parent)
    node = trie_child(s->trie, node, frame_text(s, path));
  return title == NULL ? node : trie_child(s->trie, node, trie_text(s->trie, title));
}
