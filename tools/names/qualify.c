/* Names by the tree of debug information; contract in qualify.h.
 *
 * An entry doesn't know its parent.  But a parent's bytes end where its next sibling starts: so the
 * way to an entry leads from the unit through the children that its offset lies within.  The
 * children of each parent on a way are listed once.
 */
#include "qualify.h"
#include "say.h"
#include "text.h"

#include <dwarf.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

enum { CHILDREN_MAX = 2 << 20, NESTED_MAX = 4 };

/* A namespace, class or function that others stand in. */
struct scope {
  Dwarf_Die die;
  Dwarf_Off end; /* where the next one starts */
};

struct parent {
  void *address; /* of its entry */
  struct scope *children;
  size_t count, room;
};

struct qualifier {
  void *parents;   /* tree */
  size_t children; /* listed in all of them */
  char *name;      /* of the last call */
};

struct qualifier *qualifier_new(void) {
  return must_zalloc(1, sizeof(struct qualifier));
}

static void parent_free(void *node) {
  struct parent *p = node;
  free(p->children);
  free(p);
}

void qualifier_free(struct qualifier *q) {
  if (q == NULL)
    return;
  tdestroy(q->parents, parent_free);
  free(q->name);
  free(q);
}

static int parent_compare(const void *a, const void *b) {
  const struct parent *x = a, *y = b;
  return (x->address > y->address) - (x->address < y->address);
}

static bool is_scope(Dwarf_Die *die) {
  switch (dwarf_tag(die)) {
  case DW_TAG_namespace:
  case DW_TAG_module:
  case DW_TAG_class_type:
  case DW_TAG_structure_type:
  case DW_TAG_union_type:
  case DW_TAG_enumeration_type:
  case DW_TAG_subprogram:
  case DW_TAG_lexical_block:
    return dwarf_haschildren(die) > 0;
  default:
    return false;
  }
}

static void child_add(struct parent *p, Dwarf_Die *die) {
  if (p->count == p->room)
    p->children = must_resize(p->children, p->room = p->room * 2 + 16, sizeof *p->children);
  p->children[p->count++] = (struct scope){.die = *die, .end = UINT64_MAX};
}

static void children_list(struct parent *p, Dwarf_Die *parent) {
  struct die_walk w = {0};
  Dwarf_Die die;
  bool open = false; /* the last one's end is not known yet */
  die_walk_start(&w, parent);
  for (bool is = die_first(&w, parent, &die); is; is = die_next(&w, &die)) {
    if (open)
      p->children[p->count - 1].end = dwarf_dieoffset(&die);
    open = is_scope(&die);
    if (open)
      child_add(p, &die);
  }
}

static const struct parent *parent_get(struct qualifier *q, Dwarf_Die *die) {
  struct parent wanted = {.address = die->addr};
  if (q->children > CHILDREN_MAX) {
    tdestroy(q->parents, parent_free);
    q->parents = NULL;
    q->children = 0;
  }
  struct parent **place = must_have(tsearch(&wanted, &q->parents, parent_compare));
  if (*place != &wanted)
    return *place;
  struct parent *p = *place = must_zalloc(1, sizeof *p);
  p->address = die->addr;
  children_list(p, die);
  q->children += p->count + 1;
  return p;
}

/* The child that an offset lies within; NULL: none, or it is the child's own. */
static const struct scope *child_around(const struct parent *p, Dwarf_Off offset) {
  size_t low = 0, high = p->count; /* those below low start before the offset */
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (dwarf_dieoffset(&p->children[middle].die) < offset)
      low = middle + 1;
    else
      high = middle;
  }
  return low > 0 && offset < p->children[low - 1].end ? &p->children[low - 1] : NULL;
}

/* Writes what an entry lies in, from the unit inwards; returns how many that are. */
static unsigned scopes_around(struct qualifier *q, Dwarf_Die *declaration,
                              Dwarf_Die scopes[DIE_DEPTH_MAX]) {
  Dwarf_Die at;
  const struct scope *child;
  unsigned count = 0;
  if (dwarf_diecu(declaration, &at, NULL, NULL) == NULL)
    return 0;
  while (count < DIE_DEPTH_MAX &&
         (child = child_around(parent_get(q, &at), dwarf_dieoffset(declaration))) != NULL)
    at = scopes[count++] = child->die;
  return count;
}

/* Leads from a function's code to the entry that stands among its namespace or class. */
static void die_declaration(Dwarf_Die *function) {
  Dwarf_Attribute a;
  Dwarf_Die next;
  for (int hops = 0; hops < 16; hops++) {
    if (dwarf_attr(function, DW_AT_abstract_origin, &a) == NULL &&
        dwarf_attr(function, DW_AT_specification, &a) == NULL)
      return;
    if (dwarf_formref_die(&a, &next) == NULL)
      return;
    *function = next;
  }
}

static const char *scope_name(Dwarf_Die *scope) {
  const char *name = dwarf_diename(scope);
  if (name != NULL && *name != '\0')
    return name;
  switch (dwarf_tag(scope)) {
  case DW_TAG_namespace:
    return "(anonymous namespace)";
  case DW_TAG_lexical_block:
    return NULL;
  default:
    return "{unnamed}";
  }
}

/* A scope that is a function stands by its declaration, which has namespaces around it. */
static void qualified_print(struct qualifier *q, Dwarf_Die declaration, unsigned nested, FILE *to) {
  Dwarf_Die scopes[DIE_DEPTH_MAX];
  const char *name = scope_name(&declaration);
  unsigned first = 0, count;
  die_declaration(&declaration);
  count = scopes_around(q, &declaration, scopes);
  for (unsigned i = 0; i < count && nested > 0; i++)
    if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
      first = i + 1;
  if (first > 0) {
    qualified_print(q, scopes[first - 1], nested - 1, to);
    fputs("::", to);
  }
  for (; first < count; first++)
    if (scope_name(&scopes[first]) != NULL)
      fprintf(to, "%s::", scope_name(&scopes[first]));
  fputs(name != NULL ? name : "{unnamed}", to);
}

static const char *mangled_name(Dwarf_Die *function) {
  Dwarf_Attribute a;
  if (dwarf_attr_integrate(function, DW_AT_linkage_name, &a) == NULL &&
      dwarf_attr_integrate(function, DW_AT_MIPS_linkage_name, &a) == NULL)
    return NULL;
  const char *name = dwarf_formstring(&a);
  bool mangled = name != NULL && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
  return mangled ? name : NULL;
}

static bool is_c(Dwarf_Die *unit) {
  switch (dwarf_srclang(unit)) {
  case DW_LANG_C:
  case DW_LANG_C89:
  case DW_LANG_C99:
  case DW_LANG_C11:
  case DW_LANG_Mips_Assembler:
    return true;
  default:
    return false;
  }
}

const char *qualifier_name(struct qualifier *q, Dwarf_Die *function) {
  const char *mangled = mangled_name(function), *name = dwarf_diename(function);
  Dwarf_Die unit;
  Dwarf_Attribute a;
  struct text text;
  if (mangled != NULL || name == NULL || *name == '\0')
    return mangled;
  /* A function that others may call, and has no mangled name, is C's: extern "C", or main. */
  if (dwarf_attr_integrate(function, DW_AT_external, &a) != NULL ||
      dwarf_diecu(function, &unit, NULL, NULL) == NULL || is_c(&unit))
    return name;
  FILE *to = text_start(&text);
  qualified_print(q, *function, NESTED_MAX, to);
  free(q->name);
  return q->name = text_end(to, &text);
}

/* Names without the arguments of templates. */
static bool is_same_stem(const char *a, const char *b) {
  size_t length = strcspn(a, "<");
  return length == strcspn(b, "<") && memcmp(a, b, length) == 0;
}

const char *qualifier_class(struct qualifier *q, Dwarf_Die *function, uint64_t size) {
  Dwarf_Die scopes[DIE_DEPTH_MAX], declaration = *function;
  struct text text;
  die_declaration(&declaration);
  unsigned count = scopes_around(q, &declaration, scopes);
  const char *name = dwarf_diename(&declaration);
  Dwarf_Die *class = count > 0 ? &scopes[count - 1] : NULL;
  const char *class_name = class != NULL ? dwarf_diename(class) : NULL;
  int tag = class != NULL ? dwarf_tag(class) : 0;
  if ((tag != DW_TAG_class_type && tag != DW_TAG_structure_type) || name == NULL ||
      class_name == NULL || !is_same_stem(name, class_name) || dwarf_bytesize(class) < 0 ||
      (uint64_t)dwarf_bytesize(class) != size)
    return NULL;
  FILE *to = text_start(&text);
  qualified_print(q, *class, NESTED_MAX, to);
  free(q->name);
  return q->name = text_end(to, &text);
}
