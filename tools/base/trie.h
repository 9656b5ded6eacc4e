/* Paths of texts as a tree: equal ways from the root lead to the same node.
 *
 *   node 0, the root <- "main" <- "parse" <- "read"
 *
 * Texts are kept once each, and known by their number.
 */
#ifndef TOOLS_TRIE_H
#define TOOLS_TRIE_H

#include <stdint.h>

enum { TRIE_ROOT = 0 };

struct trie_node {
  uint32_t parent; /* less than its own index */
  uint32_t text;
};

struct trie {
  struct trie_node *nodes;
  uint32_t count;
  struct trie_index *index; /* how nodes and texts are found */
  char **texts;
};

struct trie *trie_new(void);
void trie_free(struct trie *t);

/* The number of a text, which is copied when it is new. */
uint32_t trie_text(struct trie *t, const char *text);

/* How many texts there are. */
uint32_t trie_texts(const struct trie *t);

/* The child of a node with that text, made if there is none. */
uint32_t trie_child(struct trie *t, uint32_t parent, uint32_t text);

#endif
