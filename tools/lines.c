/* Asks libdw; contract in lines.h.
 *
 *   address -> unit (ranges of all units, read once) -> functions (unit.h), line (libdw's table)
 *
 * libdw keeps every line table it has read; so after ROWS_MAX rows it starts anew.
 */
#include "lines.h"
#include "say.h"
#include "spans.h"
#include "unit.h"

#include <dwarf.h>
#include <elfutils/libdwelf.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 8 << 20 }; /* about 400 MB */

struct lines {
  Dwarf *given, *dwarf; /* the module's, and our own of the same file */
  uint64_t bias;        /* address in the module - address in the debug information */
  struct die_walk walk; /* of the units' tops; its `damaged` is for all */
  struct spans spans;   /* items: indices of tops */
  Dwarf_Off *tops;
  struct unit **units; /* of each top; NULL: not asked for yet */
  size_t count, room;
  size_t rows; /* of line tables that libdw has read */
};

static void unit_range(void *context, uint64_t start, uint64_t end) {
  struct lines *l = context;
  spans_add(&l->spans, start, end, (uint32_t)l->count);
}

static void top_add(struct lines *l, Dwarf_Die *top) {
  size_t before = l->spans.count;
  die_ranges(&l->walk, top, unit_range, l);
  if (l->spans.count == before)
    return;
  if (l->count == l->room)
    l->tops = must_resize(l->tops, l->room = l->room * 2 + 64, sizeof *l->tops);
  l->tops[l->count++] = dwarf_dieoffset(top);
}

/* .debug_aranges would be faster, but clang writes none and others leave units out. */
static void tops_read(struct lines *l) {
  Dwarf_CU *unit = NULL;
  Dwarf_Die top;
  uint8_t type;
  int status;
  while ((status = dwarf_get_units(l->dwarf, unit, &unit, NULL, &type, &top, NULL)) == 0)
    if (type == DW_UT_compile || type == DW_UT_skeleton)
      top_add(l, &top);
  l->walk.damaged |= status < 0;
  l->units = must_zalloc(l->count, sizeof(struct unit *));
  spans_sort(&l->spans);
}

static bool dwarf_start(struct lines *l) {
  l->dwarf = dwarf_begin_elf(dwarf_getelf(l->given), DWARF_C_READ, NULL);
  if (l->dwarf != NULL && dwarf_getalt(l->given) != NULL)
    dwarf_setalt(l->dwarf, dwarf_getalt(l->given));
  l->rows = 0;
  return l->dwarf != NULL;
}

static void units_forget(struct lines *l) {
  for (size_t i = 0; l->units != NULL && i < l->count; i++) {
    if (l->units[i] != NULL)
      l->walk.damaged |= unit_damaged(l->units[i]);
    unit_free(l->units[i]);
    l->units[i] = NULL;
  }
}

/* What dwz shared out must be of this file: names of another would be wrong ones. */
static bool is_alt_right(Dwarf *dwarf) {
  const char *name;
  const void *wanted, *got = NULL;
  ssize_t bytes = dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &wanted);
  Dwarf *alt = bytes > 0 ? dwarf_getalt(dwarf) : NULL;
  return alt == NULL || (dwelf_elf_gnu_build_id(dwarf_getelf(alt), &got) == bytes &&
                         memcmp(wanted, got, (size_t)bytes) == 0);
}

struct lines *lines_new(Dwfl_Module *module, const char **why) {
  Dwarf_Addr bias;
  Dwarf *given = dwfl_module_getdwarf(module, &bias);
  *why = NULL;
  if (given == NULL)
    return NULL;
  struct lines *l = must_zalloc(1, sizeof *l);
  l->given = given;
  l->bias = bias;
  if (!is_alt_right(given))
    *why = "the file that its debug information shares (.gnu_debugaltlink) is of another build";
  else if (!dwarf_start(l))
    *why = "its debug information is damaged";
  if (*why == NULL) {
    tops_read(l);
    return l;
  }
  lines_free(l);
  return NULL;
}

void lines_free(struct lines *l) {
  if (l == NULL)
    return;
  units_forget(l);
  spans_free(&l->spans);
  free(l->units);
  free(l->tops);
  dwarf_end(l->dwarf);
  free(l);
}

/* A unit whose functions are in a file of their own (-gsplit-dwarf) has only lines here. */
static struct unit *unit_get(struct lines *l, uint32_t i, Dwarf_Die *top) {
  uint8_t type;
  Dwarf_Die split = {0};
  if (l->units[i] != NULL)
    return l->units[i];
  bool has_split = dwarf_cu_info(top->cu, NULL, &type, NULL, &split, NULL, NULL, NULL) == 0 &&
                   type == DW_UT_skeleton && split.cu != NULL;
  return l->units[i] = unit_new(has_split ? &split : top);
}

static void place_line(Dwarf_Die *top, uint64_t address, struct place *place) {
  int number = 0;
  Dwarf_Line *line = dwarf_getsrc_die(top, address);
  if (line == NULL || dwarf_lineno(line, &number) != 0 || number <= 0)
    return;
  place->file = dwarf_linesrc(line, NULL, NULL);
  place->line = place->file != NULL ? (unsigned)number : 0;
}

static uint64_t attribute_number(Dwarf_Die *die, unsigned name) {
  Dwarf_Attribute a;
  Dwarf_Word value;
  return dwarf_attr(die, name, &a) != NULL && dwarf_formudata(&a, &value) == 0 ? value : 0;
}

/* Where the code of an inlined function was called from. */
static void place_call(Dwarf_Die *inlined, struct place *caller) {
  Dwarf_Die top;
  Dwarf_Files *files;
  size_t count;
  uint64_t file = attribute_number(inlined, DW_AT_call_file);
  uint64_t line = attribute_number(inlined, DW_AT_call_line);
  if (line == 0 || line > UINT32_MAX || dwarf_diecu(inlined, &top, NULL, NULL) == NULL ||
      dwarf_getsrcfiles(&top, &files, &count) != 0 || file >= count)
    return;
  caller->file = dwarf_filesrc(files, file, NULL, NULL);
  caller->line = caller->file != NULL ? (unsigned)line : 0;
}

/* Turns the functions, outermost first, into places, innermost first. */
static unsigned places_make(Dwarf_Die *functions, unsigned count, struct place places[PLACES_MAX]) {
  for (unsigned i = 0; i < count; i++) {
    unsigned at = count - 1 - i;
    places[i] = (struct place){.function = functions[at], .known = true, .inlined = at > 0};
    if (i > 0)
      place_call(&functions[at + 1], &places[i]);
  }
  return count;
}

static void rows_count(struct lines *l, Dwarf_Die *top) {
  Dwarf_Lines *table;
  size_t rows;
  if (dwarf_getsrclines(top, &table, &rows) == 0)
    l->rows += rows;
}

/* Starts anew where libdw holds too much; what it gave before is then gone. */
static bool memory_bound(struct lines *l) {
  if (l->rows < ROWS_MAX)
    return true;
  units_forget(l);
  dwarf_end(l->dwarf);
  return dwarf_start(l);
}

unsigned lines_find(struct lines *l, uint64_t address, struct place places[PLACES_MAX]) {
  Dwarf_Die top, functions[PLACES_MAX];
  const struct span *span = spans_find(&l->spans, address - l->bias);
  if (span == NULL || !memory_bound(l) || dwarf_offdie(l->dwarf, l->tops[span->item], &top) == NULL)
    return 0;
  if (l->units[span->item] == NULL)
    rows_count(l, &top);
  struct unit *u = unit_get(l, span->item, &top);
  unsigned count =
      places_make(functions, unit_find(u, address - l->bias, functions, PLACES_MAX), places);
  if (count == 0)
    places[count++] = (struct place){.known = false};
  place_line(&top, address - l->bias, &places[0]);
  return count;
}

bool lines_damaged(const struct lines *l) {
  bool damaged = l->walk.damaged;
  for (size_t i = 0; i < l->count; i++)
    damaged |= l->units[i] != NULL && unit_damaged(l->units[i]);
  return damaged;
}
