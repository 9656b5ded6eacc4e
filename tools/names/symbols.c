/* Reads symbol tables with libdwfl; contract in symbols.h.
 *
 * Symbols without a size are left out: what follows them in a stripped file may be anything.
 */
#include "symbols.h"
#include "say.h"
#include "spans.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The candidates while a file is read. */
struct found {
  struct symbol symbol;
  int rank; /* of aliases the lowest is shown */
};

struct symbols {
  struct found *items; /* by start, no two alike once sorted */
  size_t count, room;
  struct spans spans;
};

/* Global before weak before local, few leading underscores before many. */
static int alias_rank(const GElf_Sym *s, const char *name) {
  int binding = GELF_ST_BIND(s->st_info);
  int rank = binding == STB_GLOBAL ? 0 : binding == STB_WEAK ? 1 : 2;
  bool mangled = name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
  return rank * 8 + (mangled ? 0 : (int)strspn(name, "_") & 7);
}

static bool is_function(const GElf_Sym *s, uint64_t address) {
  int type = GELF_ST_TYPE(s->st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF &&
         s->st_size > 0 && address <= UINT64_MAX - s->st_size;
}

static void symbol_add(struct symbols *l, const char *name, uint64_t address, const GElf_Sym *s) {
  if (name == NULL || *name == '\0' || !is_function(s, address))
    return;
  if (l->count == l->room)
    l->items = must_resize(l->items, l->room = l->room * 2 + 1024, sizeof *l->items);
  l->items[l->count++] =
      (struct found){.symbol = {.start = address, .end = address + s->st_size, .name = name},
                     .rank = alias_rank(s, name)};
}

static int found_compare(const void *a, const void *b) {
  const struct found *x = a, *y = b;
  if (x->symbol.start != y->symbol.start)
    return x->symbol.start < y->symbol.start ? -1 : 1;
  return x->rank != y->rank ? x->rank - y->rank : strcmp(x->symbol.name, y->symbol.name);
}

/* Of each start the best alias stays. */
static void symbols_sort(struct symbols *s) {
  size_t kept = 0;
  if (s->count > 0)
    qsort(s->items, s->count, sizeof *s->items, found_compare);
  for (size_t i = 0; i < s->count; i++) {
    if (i > 0 && s->items[i].symbol.start == s->items[kept - 1].symbol.start)
      continue;
    s->items[kept] = s->items[i];
    spans_add(&s->spans, s->items[kept].symbol.start, s->items[kept].symbol.end, (uint32_t)kept);
    kept++;
  }
  s->count = kept;
  spans_sort(&s->spans);
}

struct symbols *symbols_new(Dwfl_Module *module) {
  struct symbols *s = must_zalloc(1, sizeof *s);
  int count = dwfl_module_getsymtab(module);
  for (int i = 0; i < count; i++) {
    GElf_Sym symbol;
    GElf_Addr address;
    const char *name = dwfl_module_getsym_info(module, i, &symbol, &address, NULL, NULL, NULL);
    symbol_add(s, name, address, &symbol);
  }
  symbols_sort(s);
  return s;
}

void symbols_free(struct symbols *s) {
  if (s == NULL)
    return;
  spans_free(&s->spans);
  free(s->items);
  free(s);
}

const struct symbol *symbols_find(const struct symbols *s, uint64_t address) {
  const struct span *span = spans_find(&s->spans, address);
  return span == NULL ? NULL : &s->items[span->item].symbol;
}
