/* Careful steps through debug information; contract in die.h. */
#include "die.h"
#include "say.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

void die_walk_start(struct die_walk *w, Dwarf_Die *unit) {
  Dwarf_Die cu;
  w->left = 1;
  if (dwarf_diecu(unit, &cu, NULL, NULL) == NULL)
    return;
  Dwarf_Off start = dwarf_dieoffset(&cu) - dwarf_cuoffset(&cu);
  Dwarf_Off next;
  size_t header;
  if (dwarf_next_unit(dwarf_cu_getdwarf(unit->cu), start, &next, &header, NULL, NULL, NULL, NULL,
                      NULL, NULL) == 0)
    w->left = next - start;
}

static bool die_step(struct die_walk *w, int status) {
  if (status == 0 && w->left > 0) {
    w->left--;
    return true;
  }
  w->damaged |= status != 1;
  return false;
}

bool die_first(struct die_walk *w, Dwarf_Die *parent, Dwarf_Die *child) {
  return die_step(w, dwarf_child(parent, child));
}

bool die_next(struct die_walk *w, Dwarf_Die *die) {
  Dwarf_Off here = dwarf_dieoffset(die);
  if (!die_step(w, dwarf_siblingof(die, die)))
    return false;
  if (dwarf_dieoffset(die) > here)
    return true;
  w->damaged = true;
  return false;
}

/* Where the linker left a function out, it writes one of these. */
static bool is_there(uint64_t start, uint64_t end) {
  return start > 1 && start < end && start < UINT64_MAX - 1;
}

void die_ranges(struct die_walk *w, Dwarf_Die *die, die_range_fn *each, void *context) {
  Dwarf_Addr base, start, end;
  ptrdiff_t at = 0;
  while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
    if (is_there(start, end))
      each(context, start, end);
  w->damaged |= at < 0;
}

static bool die_is_c(Dwarf_Die *unit) {
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
  case DW_TAG_class_type:
  case DW_TAG_structure_type:
  case DW_TAG_union_type:
    return "{unnamed type}";
  default:
    return NULL; /* a block, say */
  }
}

/* The child that an entry lies in: the last one that starts before it, or the entry itself. */
static bool child_around(struct die_walk *w, Dwarf_Die *parent, Dwarf_Off offset,
                         Dwarf_Die *child) {
  Dwarf_Die die;
  bool any = false;
  for (bool is = die_first(w, parent, &die); is && dwarf_dieoffset(&die) <= offset;
       is = die_next(w, &die)) {
    *child = die;
    any = true;
  }
  return any;
}

/* Writes what an entry lies in, from the unit inwards; returns how many that are. */
static unsigned scopes_around(Dwarf_Die *declaration, Dwarf_Die scopes[DIE_DEPTH_MAX]) {
  struct die_walk w = {0};
  Dwarf_Die at;
  Dwarf_Off offset = dwarf_dieoffset(declaration);
  unsigned count = 0;
  if (dwarf_diecu(declaration, &at, NULL, NULL) == NULL)
    return 0;
  die_walk_start(&w, &at);
  while (count < DIE_DEPTH_MAX && child_around(&w, &at, offset, &scopes[count]) &&
         dwarf_dieoffset(&scopes[count]) != offset)
    at = scopes[count++];
  return count;
}

/* A scope that is a function stands by its declaration, which has namespaces around it. */
static void qualified_print(Dwarf_Die declaration, unsigned nested, FILE *to) {
  Dwarf_Die scopes[DIE_DEPTH_MAX];
  const char *name = scope_name(&declaration);
  unsigned first = 0, count;
  die_declaration(&declaration);
  count = scopes_around(&declaration, scopes);
  for (unsigned i = 0; i < count; i++)
    if (dwarf_tag(&scopes[i]) == DW_TAG_subprogram)
      first = i;
  if (count > 0 && dwarf_tag(&scopes[first]) == DW_TAG_subprogram && nested > 0) {
    qualified_print(scopes[first++], nested - 1, to);
    fputs("::", to);
  }
  for (; first < count; first++)
    if (scope_name(&scopes[first]) != NULL)
      fprintf(to, "%s::", scope_name(&scopes[first]));
  fputs(name != NULL ? name : "{unnamed}", to);
}

const char *die_mangled_name(Dwarf_Die *function) {
  Dwarf_Attribute a;
  if (dwarf_attr_integrate(function, DW_AT_linkage_name, &a) == NULL &&
      dwarf_attr_integrate(function, DW_AT_MIPS_linkage_name, &a) == NULL)
    return NULL;
  const char *name = dwarf_formstring(&a);
  bool mangled = name != NULL && name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
  return mangled ? name : NULL;
}

/* A function that others may call, and has no mangled name, is C's: extern "C", or main. */
char *die_qualified_name(Dwarf_Die *function) {
  const char *name = dwarf_diename(function);
  Dwarf_Die unit;
  Dwarf_Attribute a;
  char *text = NULL;
  size_t length = 0;
  if (name == NULL || *name == '\0' || dwarf_diecu(function, &unit, NULL, NULL) == NULL)
    return NULL;
  if (die_is_c(&unit) || dwarf_attr_integrate(function, DW_AT_external, &a) != NULL)
    return must_copy(name);
  FILE *to = open_memstream(&text, &length);
  if (to == NULL)
    abort();
  qualified_print(*function, 4, to);
  fclose(to);
  return text;
}
