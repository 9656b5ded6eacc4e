/* Addresses to names; contract in names.h.
 *
 *   nodes -> spots (each address once) -> sorted by module and address -> calls of each
 */
#include "names.h"
#include "lines.h"
#include "progress.h"
#include "say.h"
#include "symbols.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* An address of a module that some node has. */
struct spot {
  uint64_t address;
  uint32_t module;       /* index + 1, 0: none */
  uint32_t first, count; /* of its calls */
  uint64_t low, high;    /* sizes of what is allocated through it; low > high: nothing is */
  bool near;             /* it may be where memory was asked for, but for some wrappers */
  bool named;            /* its address is a text: the function's name */
};
enum { NEAR_MAX = 3 };

struct names {
  const struct dump *dump;
  const struct fold *fold; /* NULL: nothing is folded */
  struct functions *functions;
  struct spot *spots; /* [0]: of labels and the root */
  uint32_t spot_count;
  uint32_t *spot_of;  /* of each node */
  struct call *calls; /* [0]: nothing is known */
  uint32_t call_count, call_room;
  uint32_t missing;       /* spots in files that aren't here */
  uint32_t missing_files; /* how many these are; the first: */
  const char *missing_file;
};

/* A module while its addresses are looked up. */
struct lookup {
  struct names *names;
  const struct dump_module *module;
  uint32_t index; /* of the module, + 1 */
  struct modfile *file;
  struct lines *lines;
  struct symbols *symbols; /* NULL: not needed yet */
};

static uint32_t spot_add(struct names *n, const struct dump_node *node) {
  n->spots[n->spot_count] = (struct spot){.address = node->address,
                                          .module = node->module,
                                          .count = 1,
                                          .low = UINT64_MAX,
                                          .named = node->kind == DUMP_NODE_FUNCTION};
  return n->spot_count++;
}

static uint32_t spot_get(struct names *n, uint32_t *slots, uint32_t mask,
                         const struct dump_node *node) {
  uint64_t h = (node->address + node->module) * UINT64_C(0x9E3779B97F4A7C15);
  uint32_t slot = (uint32_t)(h >> 32) & mask;
  for (; slots[slot] != 0; slot = (slot + 1) & mask) {
    const struct spot *s = &n->spots[slots[slot]];
    if (s->address == node->address && s->module == node->module &&
        s->named == (node->kind == DUMP_NODE_FUNCTION))
      return slots[slot];
  }
  return slots[slot] = spot_add(n, node);
}

static void spots_collect(struct names *n) {
  const struct dump *d = n->dump;
  size_t slot_count = 16;
  while (slot_count < (size_t)d->n_nodes * 2)
    slot_count *= 2;
  uint32_t *slots = must_zalloc(slot_count, sizeof *slots);
  n->spots = must_zalloc((size_t)d->n_nodes + 1, sizeof *n->spots);
  n->spots[0].count = 1;
  n->spot_count = 1;
  n->spot_of = must_zalloc((size_t)d->n_nodes + 1, sizeof *n->spot_of);
  for (uint32_t i = 1; i < d->n_nodes; i++)
    if (d->nodes[i].kind != DUMP_NODE_LABEL)
      n->spot_of[i] = spot_get(n, slots, (uint32_t)slot_count - 1, &d->nodes[i]);
  free(slots);
}

static void size_add(struct spot *s, uint64_t low, uint64_t high) {
  s->low = low < s->low ? low : s->low;
  s->high = high > s->high ? high : s->high;
}

/* Of each spot the sizes of what was allocated by paths through it. */
static void sizes_collect(struct names *n) {
  const struct dump *d = n->dump;
  unsigned char *depths = must_zalloc((size_t)d->n_nodes + 1, 1);
  for (uint32_t i = 0; i < d->n_accounts; i++) {
    const struct dump_account *a = &d->accounts[i];
    for (uint32_t node = d->sites[a->site].node; node != 0 && a->allocs > 0;
         node = d->nodes[node].parent)
      size_add(&n->spots[n->spot_of[node]], a->smallest, a->largest);
  }
  for (uint32_t i = 1; i < d->n_nodes; i++) {
    unsigned depth = depths[d->nodes[i].parent] + (d->nodes[i].kind != DUMP_NODE_LABEL);
    depths[i] = (unsigned char)(depth < NEAR_MAX ? depth : NEAR_MAX + 1);
    n->spots[n->spot_of[i]].near |= depth > 0 && depth <= NEAR_MAX;
  }
  free(depths);
}

static void call_add(struct names *n, struct spot *s, const struct call *call) {
  if (n->call_count == n->call_room)
    n->calls = must_resize(n->calls, n->call_room = n->call_room * 2 + 1024, sizeof *n->calls);
  if (s->first == 0) {
    s->first = n->call_count;
    s->count = 0;
  }
  n->calls[n->call_count++] = *call;
  s->count++;
}

static void symbol_lookup(struct lookup *l, uint64_t address, struct call *call) {
  if (l->symbols == NULL)
    l->symbols = symbols_new(modfile_module(l->file));
  const struct symbol *s = symbols_find(l->symbols, address - l->module->bias);
  if (s == NULL)
    return;
  call->function = functions_get(l->names->functions, l->index, s->name);
  call->start = s->start + l->module->bias;
}

/* The call lies before its return address, which may belong to the next function already. */
static void spot_lookup(struct lookup *l, struct spot *s) {
  struct call calls[CALLS_MAX] = {{0}};
  uint64_t address = s->address - 1;
  if (address < l->module->start || address >= l->module->end)
    return;
  unsigned count = l->lines != NULL ? lines_find(l->lines, address, calls) : 0;
  if (count == 0)
    count = 1;
  if (calls[count - 1].function == NULL)
    symbol_lookup(l, address, &calls[count - 1]);
  if (l->lines != NULL && s->near && s->low == s->high && s->low > 0)
    calls[0].made = lines_made(l->lines, s->address, s->low);
  for (unsigned i = 0; i < count; i++)
    call_add(l->names, s, &calls[i]);
}

static void lookup_warn(const struct lookup *l, const char *why) {
  const char *path = dump_text(l->names->dump, l->module->path);
  progress_hide();
  say_warning("%s: %s: its functions are shown as %s+offset; restore the file to see names", path,
              why, names_module(l->names, l->index));
}

static void lines_warn(const struct lookup *l, const char *why) {
  progress_hide();
  say_warning("%s: %s: some functions have no line, or only their symbol's name; restore the file, "
              "or its debug file",
              dump_text(l->names->dump, l->module->path), why);
}

/* Without a slash it was no file's path. */
static void missing_add(struct names *n, const char *path, uint32_t spots) {
  if (strchr(path, '/') == NULL)
    return;
  n->missing += spots;
  if (n->missing_files++ == 0)
    n->missing_file = path;
}

static bool lookup_open(struct lookup *l, const struct search *search, uint32_t spots) {
  const struct dump *d = l->names->dump;
  const struct modfile_wanted wanted = {.path = dump_bytes(d, l->module->path),
                                        .build_id = dump_text(d, l->module->build_id),
                                        .unix_time = d->process->unix_time};
  const char *why;
  l->file = modfile_open(search, &wanted, &why);
  if (l->file == NULL) {
    if (why != NULL)
      lookup_warn(l, why);
    else
      missing_add(l->names, wanted.path, spots);
    return false;
  }
  l->lines = lines_new(&(struct lines_of){.module = modfile_module(l->file),
                                          .path = wanted.path,
                                          .search = search,
                                          .bias = l->module->bias,
                                          .functions = l->names->functions,
                                          .index = l->index},
                       &why);
  if (why != NULL)
    lines_warn(l, why);
  return true;
}

/* Lines are known then, but not what was inlined. */
static void splits_warn(const struct lookup *l) {
  const char *first, *path = dump_text(l->names->dump, l->module->path);
  uint32_t missing = l->lines != NULL ? lines_missing(l->lines, &first) : 0;
  if (missing == 0)
    return;
  progress_hide();
  say_warning("%s: %u of its files of split debug information are not here, or of another build "
              "(%s): inlined functions are not shown; put %s.dwp beside it, or name the directory "
              "of such files with --debug-dir DIR",
              path, missing, first, file_base(path));
}

static void lookup_close(struct lookup *l) {
  splits_warn(l);
  if (l->lines != NULL && lines_damaged(l->lines))
    lines_warn(l, "its debug information is damaged");
  lines_free(l->lines);
  symbols_free(l->symbols);
  modfile_close(l->file);
}

/* Looks up the spots of one module, which stand together; the first is at order[0]. */
static void module_lookup(struct names *n, const struct search *search, const uint32_t *order,
                          uint32_t count) {
  uint32_t index = n->spots[order[0]].module;
  struct lookup l = {.names = n, .module = &n->dump->modules[index - 1], .index = index};
  char what[128];
  snprintf(what, sizeof what, "names of %s", names_module(n, index));
  progress_show(what, 0, count);
  if (!lookup_open(&l, search, count))
    return;
  for (uint32_t i = 0; i < count; i++) {
    if (i % 64 == 0)
      progress_show(what, i, count);
    spot_lookup(&l, &n->spots[order[i]]);
  }
  lookup_close(&l);
}

static int spot_compare(const void *a, const void *b, void *spots) {
  const struct spot *x = (struct spot *)spots + *(const uint32_t *)a;
  const struct spot *y = (struct spot *)spots + *(const uint32_t *)b;
  if (x->module != y->module)
    return x->module < y->module ? -1 : 1;
  return (x->address > y->address) - (x->address < y->address);
}

/* One line for all files that aren't here: of another machine's dump none may be. */
static void missing_tell(const struct names *n) {
  char more[32] = "";
  progress_hide();
  if (n->missing == 0)
    return;
  if (n->missing_files > 1)
    snprintf(more, sizeof more, " and %u more", n->missing_files - 1);
  say_warning("%u of %u addresses are in files that are not here (%s%s): name where copies of them "
              "are with --sysroot DIR, or their debug files with --debug-dir DIR",
              n->missing, n->spot_count - 1, n->missing_file, more);
}

/* A dump that was merged by function has its names with it. */
static void spot_name(struct names *n, struct spot *s) {
  const char *name = dump_bytes(n->dump, s->address);
  call_add(n, s, &(struct call){.function = functions_get(n->functions, s->module, name)});
}

static void spots_lookup(struct names *n, const struct search *search) {
  uint32_t *order = must_alloc(n->spot_count * sizeof *order), count = 0;
  for (uint32_t i = 1; i < n->spot_count; i++)
    if (n->spots[i].named)
      spot_name(n, &n->spots[i]);
    else if (n->spots[i].module != 0)
      order[count++] = i;
  if (count > 0)
    qsort_r(order, count, sizeof *order, spot_compare, n->spots);
  for (uint32_t i = 0, end; i < count; i = end) {
    for (end = i + 1; end < count && n->spots[order[end]].module == n->spots[order[i]].module;)
      end++;
    module_lookup(n, search, order + i, end - i);
  }
  missing_tell(n);
  free(order);
}

struct names *names_new(const struct dump *d, const struct fold *fold,
                        const struct search *search) {
  static const struct search nowhere;
  struct names *n = must_zalloc(1, sizeof *n);
  n->dump = d;
  n->fold = fold;
  n->functions = functions_new(fold);
  call_add(n, &(struct spot){0}, &(struct call){0});
  spots_collect(n);
  sizes_collect(n);
  spots_lookup(n, search != NULL ? search : &nowhere);
  return n;
}

void names_free(struct names *n) {
  functions_free(n->functions);
  free(n->spots);
  free(n->spot_of);
  free(n->calls);
  free(n);
}

const struct call *names_calls(const struct names *n, uint32_t node, uint32_t *count) {
  const struct spot *s = &n->spots[n->spot_of[node]];
  *count = s->count;
  return &n->calls[s->first];
}

bool names_folds(const struct names *n, uint32_t node, const struct call *call) {
  const struct dump_node *at = &n->dump->nodes[node];
  if (call->function != NULL)
    return call->function->folded;
  if (n->fold == NULL || !fold_has_added(n->fold))
    return false;
  struct text text;
  FILE *to = text_start(&text);
  names_print_address(n, at->module, at->address, to);
  bool folds = fold_holds_address(n->fold, text_end(to, &text));
  free(text.at);
  return folds;
}

void names_print_address(const struct names *n, uint32_t module, uint64_t address, FILE *to) {
  if (module != 0)
    fprintf(to, "%s+0x%llx", names_module(n, module),
            (unsigned long long)(address - n->dump->modules[module - 1].bias));
  else
    fprintf(to, "0x%llx", (unsigned long long)address);
}

const char *names_module(const struct names *n, uint32_t module) {
  if (module == 0)
    return "(no module)";
  const char *path = dump_text(n->dump, n->dump->modules[module - 1].path);
  if (*file_base(path) != '\0')
    path = file_base(path);
  return *path != '\0' ? path : "(module without a name)";
}
