/* Reads frames outwards; contract in made.h. */
#include "made.h"
#include "say.h"
#include "text.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* A function of which only the symbol is known, and where it was seen to allocate. */
struct seen {
  const struct function *function;
  uint64_t address;
  bool several;
};

struct made_lone {
  void *tree;
  bool all; /* of the allocations are in the dump */
};

static int seen_compare(const void *a, const void *b) {
  uintptr_t x = (uintptr_t)((const struct seen *)a)->function,
            y = (uintptr_t)((const struct seen *)b)->function;
  return (x > y) - (x < y);
}

static bool is_raw(const struct call *c) {
  const struct function *f = c->function;
  return f != NULL && (f->says.kind == SAYS_RAW ||
                       (f->folded && f->says.kind == SAYS_NOTHING && strchr(f->name, '<') == NULL));
}

static void seen_add(struct made_lone *l, const struct function *f, uint64_t address) {
  struct seen *new = must_zalloc(1, sizeof *new);
  *new = (struct seen){.function = f, .address = address};
  struct seen **found = must_have(tsearch(new, &l->tree, seen_compare));
  if (*found == new)
    return;
  (*found)->several |= (*found)->address != address;
  free(new);
}

/* Whether all functions at a node pass bytes on; the first that doesn't may be one to remember. */
static bool node_read(struct made_lone *l, const struct dump *d, const struct names *names,
                      uint32_t node) {
  uint32_t count;
  const struct call *calls = names_calls(names, node, &count);
  for (uint32_t i = 0; i < count; i++) {
    if (is_raw(&calls[i]))
      continue;
    if (calls[i].function != NULL && calls[i].function->says.kind == SAYS_MADE)
      seen_add(l, calls[i].function, d->nodes[node].address);
    return false;
  }
  return true;
}

/* Of each node, whether a call site's path leads through it: not all nodes are of one. */
static bool *used_new(const struct dump *d) {
  bool *used = must_zalloc((size_t)d->n_nodes + 1, sizeof *used);
  for (uint32_t i = 0; i < d->n_sites; i++)
    for (uint32_t node = d->sites[i].node; node != 0 && !used[node]; node = d->nodes[node].parent)
      used[node] = true;
  return used;
}

struct made_lone *made_lone_new(const struct dump *d, const struct names *names) {
  struct made_lone *l = must_zalloc(1, sizeof *l);
  bool *raw = must_zalloc((size_t)d->n_nodes + 1, sizeof *raw), *used = used_new(d);
  l->all = d->process->sample_bytes == 0;
  raw[0] = true;
  for (uint32_t i = 1; i < d->n_nodes; i++) {
    bool label = d->nodes[i].kind == DUMP_NODE_LABEL;
    raw[i] = used[i] && raw[d->nodes[i].parent] && (label || node_read(l, d, names, i));
  }
  free(used);
  free(raw);
  return l;
}

void made_lone_free(struct made_lone *l) {
  tdestroy(l->tree, free);
  free(l);
}

/* Whether what a function allocates by itself is the object that its name says. */
static bool is_lone(const struct made_lone *l, const struct call *c) {
  struct seen wanted = {.function = c->function};
  struct seen **found = tfind(&wanted, &l->tree, seen_compare);
  return c->file != NULL || (l->all && found != NULL && !(*found)->several);
}

static void done(struct made *m, const char *type) { *m = (struct made){MADE_DONE, type, NULL}; }

static void step_raw(struct made *m, const struct made_lone *l, const struct call *c) {
  const struct says *s = &c->function->says;
  switch (s->kind) {
  case SAYS_PASS:
    return;
  case SAYS_ELEMENT:
    *m = (struct made){MADE_ELEMENT, s->type, s->type};
    return;
  case SAYS_MADE:
    done(m, is_lone(l, c) ? s->type : NULL);
    return;
  case SAYS_INSIDE:
    done(m, s->type);
    return;
  case SAYS_FACE:
    done(m, s->plain ? s->type : NULL);
    return;
  default:
    done(m, NULL);
  }
}

/* Whether a container holds it: or it is the table of pointers by which a deque does. */
static bool is_held(const char *value, const char *held) {
  size_t length = held != NULL ? strlen(held) : 0;
  return value != NULL && held != NULL && strncmp(value, held, length) == 0 &&
         (value[length] == '\0' || strcmp(value + length, "*") == 0);
}

static void step_further(struct made *m, const struct says *s) {
  switch (s->kind) {
  case SAYS_RAW:
  case SAYS_PASS:
  case SAYS_ELEMENT:
    return;
  case SAYS_INSIDE:
    if (s->type != NULL)
      done(m, is_held(m->value, s->value) ? s->type : m->type);
    else if (m->stage == MADE_ELEMENT && s->value != NULL)
      *m = (struct made){MADE_INSIDE, s->value, s->value};
    return;
  case SAYS_FACE:
    done(m, is_held(m->value, s->value) ? s->type : m->type);
    return;
  default:
    done(m, m->type);
  }
}

/* An inlined function whose scope is not known (clang's -g1 leaves it out): it may be a
 * container's. */
static bool is_bare(const struct call *c) {
  const char *scope = strstr(c->function->name, "::"), *types = strchr(c->function->name, '<');
  return c->start == 0 && c->function->says.kind == SAYS_NOTHING &&
         (scope == NULL || (types != NULL && types < scope));
}

void made_step(struct made *m, const struct made_lone *l, const struct call *c) {
  if (m->stage == MADE_DONE || (m->stage == MADE_RAW && is_raw(c)))
    return;
  if (c->function == NULL)
    done(m, m->type);
  else if (m->stage == MADE_RAW)
    step_raw(m, l, c);
  else if (is_bare(c))
    done(m, NULL);
  else
    step_further(m, &c->function->says);
}

/* Parts of a library that have no name in a program are no answer. */
const char *made_type(const struct made *m) {
  bool inner = m->type != NULL && (text_starts(m->type, "std::_") || strcmp(m->type, "char") == 0);
  return inner ? NULL : m->type;
}
