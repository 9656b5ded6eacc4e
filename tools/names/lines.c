/* Asks libdw; contract in lines.h.
 *
 *   address -> unit (ranges of all units, read once) -> functions (unit.h), line (libdw's table)
 *
 * libdw keeps every line table it has read; so after ROWS_MAX rows it starts again.  It reads the
 * file itself, or where it can't (zstd, or debug information split into files of its own) one in
 * memory of the same sections (debug_source.h).
 */
#include "lines.h"
#include "fresh.h"
#include "qualify.h"
#include "say.h"
#include "debug_source.h"
#include "spans.h"
#include "unit.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 8 << 20 }; /* about 400 MB */

struct known {
  void *entry;
  const struct function *function;
};
enum { KNOWN_LOG2 = 14 };

struct lines {
  struct debug_source *source;
  Dwarf *dwarf; /* that it has open */
  struct lines_of of;
  uint64_t bias; /* absolute address - address in the debug information */
  struct qualifier *qualifier;
  struct die_walk walk; /* of the units' tops; its `damaged` is for all */
  struct spans spans;   /* items: indices of tops */
  Dwarf_Off *tops;
  struct unit **units; /* of each top; NULL: not asked for yet */
  size_t count, room;
  size_t rows; /* of line tables that libdw has read */
  bool split;  /* units have debug information in files of their own */
  struct known known[1 << KNOWN_LOG2];
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
    if (type == DW_UT_compile || type == DW_UT_skeleton) {
      l->split |= type == DW_UT_skeleton;
      top_add(l, &top);
    }
  l->walk.damaged |= status < 0;
  l->units = must_zalloc(l->count, sizeof(struct unit *));
  spans_sort(&l->spans);
}

static bool dwarf_start(struct lines *l) {
  l->dwarf = debug_source_open(l->source);
  l->qualifier = qualifier_new();
  l->rows = 0;
  return l->dwarf != NULL;
}

/* What was read by our own Dwarf, and that. */
static void dwarf_stop(struct lines *l) {
  for (size_t i = 0; l->units != NULL && i < l->count; i++) {
    if (l->units[i] != NULL)
      l->walk.damaged |= unit_damaged(l->units[i]);
    unit_free(l->units[i]);
    l->units[i] = NULL;
  }
  qualifier_free(l->qualifier);
  l->qualifier = NULL;
  memset(l->known, 0, sizeof l->known);
  debug_source_close(l->source);
  l->dwarf = NULL;
}

/* The file in memory has the same offsets. */
static bool dwarf_split(struct lines *l) {
  dwarf_stop(l);
  debug_source_split(l->source);
  return dwarf_start(l);
}

struct lines *lines_new(const struct lines_of *of, const char **why) {
  struct debug_source *source = debug_source_new(
      &(struct debug_source_of){.module = of->module, .path = of->path, .search = of->search}, why);
  if (source == NULL)
    return NULL;
  struct lines *l = must_zalloc(1, sizeof *l);
  l->source = source;
  l->of = *of;
  l->bias = debug_source_bias(source) + of->bias;
  if (dwarf_start(l)) {
    tops_read(l);
    if (!l->split || dwarf_split(l))
      return l;
  }
  *why = "its debug information is damaged";
  lines_free(l);
  return NULL;
}

void lines_free(struct lines *l) {
  if (l == NULL)
    return;
  dwarf_stop(l);
  debug_source_free(l->source);
  spans_free(&l->spans);
  free(l->units);
  free(l->tops);
  free(l);
}

/* A unit whose functions are in a file of their own (-gsplit-dwarf) has only lines here. */
static struct unit *unit_get(struct lines *l, uint32_t i, Dwarf_Die *top) {
  uint8_t type;
  Dwarf_Die split;
  if (l->units[i] != NULL)
    return l->units[i];
  bool is_split = dwarf_cu_info(top->cu, NULL, &type, NULL, NULL, NULL, NULL, NULL) == 0 &&
                  type == DW_UT_skeleton && debug_source_unit(l->source, top, &split);
  return l->units[i] = unit_new(is_split ? &split : top);
}

static void call_line(struct lines *l, const char *file, uint64_t line, struct call *call) {
  if (file == NULL || line == 0 || line > UINT32_MAX)
    return;
  call->file = functions_text(l->of.functions, file);
  call->line = (unsigned)line;
}

static void line_read(struct lines *l, Dwarf_Die *top, uint64_t address, struct call *innermost) {
  int number = 0;
  Dwarf_Line *line = dwarf_getsrc_die(top, address);
  if (line != NULL && dwarf_lineno(line, &number) == 0 && number > 0)
    call_line(l, dwarf_linesrc(line, NULL, NULL), (uint64_t)number, innermost);
}

static uint64_t attribute_number(Dwarf_Die *die, unsigned name) {
  Dwarf_Attribute a;
  Dwarf_Word value;
  return dwarf_attr(die, name, &a) != NULL && dwarf_formudata(&a, &value) == 0 ? value : 0;
}

/* Where the code of an inlined function was called from. */
static void caller_read(struct lines *l, Dwarf_Die *inlined, struct call *caller) {
  Dwarf_Die top;
  Dwarf_Files *files;
  size_t count;
  uint64_t file = attribute_number(inlined, DW_AT_call_file);
  if (dwarf_diecu(inlined, &top, NULL, NULL) != NULL &&
      dwarf_getsrcfiles(&top, &files, &count) == 0 && file < count)
    call_line(l, dwarf_filesrc(files, file, NULL, NULL), attribute_number(inlined, DW_AT_call_line),
              caller);
}

/* Inlined functions repeat: who was read from an entry is kept at the entry's hash. */
static const struct function *function_read(struct lines *l, Dwarf_Die *die) {
  Dwarf_Attribute a;
  Dwarf_Die origin = *die;
  if (dwarf_attr(die, DW_AT_abstract_origin, &a) != NULL && dwarf_formref_die(&a, &origin) == NULL)
    origin = *die;
  uint64_t hash = (uintptr_t)origin.addr * UINT64_C(0x9E3779B97F4A7C15);
  struct known *known = &l->known[hash >> (64 - KNOWN_LOG2)];
  if (known->entry == origin.addr)
    return known->function;
  const char *name = qualifier_name(l->qualifier, die);
  *known = (struct known){.entry = origin.addr};
  if (name != NULL)
    known->function = functions_get(l->of.functions, l->of.index, name);
  return known->function;
}

/* Turns the functions, outermost first, into calls, innermost first. */
static void calls_read(struct lines *l, Dwarf_Die *functions, unsigned count, struct call *calls) {
  Dwarf_Addr start;
  for (unsigned i = 0; i < count; i++) {
    unsigned at = count - 1 - i;
    calls[i] = (struct call){.function = function_read(l, &functions[at])};
    if (i > 0)
      caller_read(l, &functions[at + 1], &calls[i]);
  }
  if (count > 0 && dwarf_entrypc(&functions[0], &start) == 0)
    calls[count - 1].start = start + l->bias;
}

static void rows_count(struct lines *l, Dwarf_Die *top) {
  Dwarf_Lines *table;
  size_t rows;
  if (dwarf_getsrclines(top, &table, &rows) == 0)
    l->rows += rows;
}

/* Starts again where libdw holds too much; what it gave before is then gone. */
static bool memory_bound(struct lines *l) {
  if (l->rows < ROWS_MAX)
    return true;
  dwarf_stop(l);
  return dwarf_start(l);
}

/* The unit at an address of the debug information, and its top; NULL: none is known. */
static struct unit *unit_at(struct lines *l, uint64_t address, Dwarf_Die *top) {
  const struct span *span = spans_find(&l->spans, address);
  if (span == NULL || l->dwarf == NULL || dwarf_offdie(l->dwarf, l->tops[span->item], top) == NULL)
    return NULL;
  if (l->units[span->item] == NULL)
    rows_count(l, top);
  return unit_get(l, span->item, top);
}

unsigned lines_find(struct lines *l, uint64_t address, struct call calls[CALLS_MAX]) {
  Dwarf_Die top, functions[CALLS_MAX];
  struct unit *unit = memory_bound(l) ? unit_at(l, address -= l->bias, &top) : NULL;
  if (unit == NULL)
    return 0;
  unsigned count = unit_find(unit, address, functions, CALLS_MAX);
  calls_read(l, functions, count, calls);
  if (count == 0)
    calls[count++] = (struct call){0};
  line_read(l, &top, address, &calls[0]);
  return count;
}

/* The function that starts at an address. */
static bool function_at(struct lines *l, uint64_t address, Dwarf_Die *function) {
  Dwarf_Die top, functions[CALLS_MAX];
  Dwarf_Addr start;
  struct unit *unit = unit_at(l, address, &top);
  if (unit == NULL || unit_find(unit, address, functions, CALLS_MAX) == 0)
    return false;
  *function = functions[0];
  return dwarf_entrypc(function, &start) == 0 && start == address;
}

/* The function that does it: one that was inlined into where the memory was asked for, or that is
 * called from there. */
static bool maker_find(struct lines *l, uint64_t returns, const struct fresh *f, Dwarf_Die *maker) {
  Dwarf_Die top, asked[CALLS_MAX], used[CALLS_MAX];
  struct unit *unit = unit_at(l, returns - 1, &top);
  unsigned before = unit != NULL ? unit_find(unit, returns - 1, asked, CALLS_MAX) : 0;
  unsigned after = before > 0 ? unit_find(unit, returns + f->at, used, CALLS_MAX) : 0;
  if (before == 0 || after < before)
    return false;
  for (unsigned i = 0; i < before; i++)
    if (asked[i].addr != used[i].addr)
      return false;
  if (after > before)
    *maker = used[before];
  return after > before || (f->has_target && function_at(l, returns + (uint64_t)f->target, maker));
}

const char *lines_made(struct lines *l, uint64_t address, uint64_t size) {
  Dwarf_Die maker;
  size_t bytes = 0;
  uint64_t returns = address - l->bias;
  const unsigned char *code = debug_source_code(l->source, address - l->of.bias, &bytes);
  struct fresh f = code != NULL ? fresh_find(code, bytes) : (struct fresh){0};
  if (f.kind == FRESH_UNKNOWN || !maker_find(l, returns, &f, &maker))
    return NULL;
  const char *class = qualifier_class(l->qualifier, &maker, size);
  char *type = class != NULL ? says_type(class) : NULL;
  const char *kept = type != NULL ? functions_text(l->of.functions, type) : NULL;
  free(type);
  return kept;
}

bool lines_damaged(const struct lines *l) {
  bool damaged = l->walk.damaged;
  for (size_t i = 0; i < l->count; i++)
    damaged |= l->units[i] != NULL && unit_damaged(l->units[i]);
  return damaged;
}

uint32_t lines_missing(const struct lines *l, const char **name) {
  return debug_source_missing(l->source, name);
}
