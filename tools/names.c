/* Addresses to names; contract in names.h.
 *
 * Demangling is libiberty's: it knows C++ and both of Rust's manglings, bounds its recursion, and
 * links no C++ library into a C program (__cxa_demangle would, and knows no Rust).
 */
#include "names.h"
#include "say.h"
#include "symbols.h"

#include <libiberty/demangle.h>
#include <stdlib.h>
#include <string.h>

struct module {
  struct symbols *symbols;     /* NULL: can't be had */
  struct function **functions; /* of each symbol; NULL until asked for */
  bool tried;
};

/* Call sites repeat: the answer to an address is kept at its hash. */
struct answer {
  uint64_t address;
  uint32_t module;
  const struct function *function;
};
enum { ANSWERS_LOG2 = 12, ANSWERS = 1 << ANSWERS_LOG2 };

struct names {
  const struct dump *dump;
  const struct fold *fold;
  struct module *modules;
  struct answer answers[ANSWERS];
};

struct names *names_new(const struct dump *d, const struct fold *fold) {
  struct names *n = must_zalloc(1, sizeof *n);
  n->dump = d;
  n->fold = fold;
  n->modules = must_zalloc(d->n_modules, sizeof *n->modules);
  return n;
}

static void module_free(struct module *m) {
  for (uint32_t i = 0; m->symbols != NULL && i < m->symbols->count; i++) {
    if (m->functions[i] != NULL)
      free((char *)m->functions[i]->name);
    free(m->functions[i]);
  }
  free(m->functions);
  symbols_close(m->symbols);
}

void names_free(struct names *n) {
  for (uint32_t i = 0; i < n->dump->n_modules; i++)
    module_free(&n->modules[i]);
  free(n->modules);
  free(n);
}

static void module_open(struct names *n, struct module *m, const struct dump_module *file) {
  const char *path = dump_text(n->dump, file->path), *why;
  m->tried = true;
  m->symbols =
      symbols_open(path, dump_text(n->dump, file->build_id), n->dump->process->unix_time, &why);
  if (m->symbols != NULL)
    m->functions = must_zalloc(m->symbols->count, sizeof(struct function *));
  else if (why != NULL)
    say_warning("%s: %s: its functions are shown as %s+offset; restore the file to see names", path,
                why, names_module(n, (uint32_t)(file - n->dump->modules) + 1));
}

static char *demangled(const char *name) {
  size_t plain = strcspn(name, "@"); /* without a symbol's version */
  char *copy = must_copy(name);
  copy[plain] = '\0';
  make_plain(copy, plain);
  if (copy[0] != '_' || (copy[1] != 'Z' && copy[1] != 'R'))
    return copy;
  char *readable = cplus_demangle(copy, DMGL_AUTO | DMGL_ANSI);
  if (readable == NULL)
    return copy;
  free(copy);
  return readable;
}

static struct function *function_new(const struct names *n, const struct symbol *s, uint64_t bias) {
  struct function *f = must_alloc(sizeof *f);
  f->name = demangled(s->name);
  f->start = s->start + bias;
  f->folded = n->fold != NULL && fold_holds(n->fold, f->name);
  return f;
}

/* The call lies before its return address, which may belong to the next function already. */
static const struct function *function_find(struct names *n, uint32_t module, uint64_t address) {
  const struct dump_module *file = &n->dump->modules[module];
  struct module *m = &n->modules[module];
  if (address <= file->start || address > file->end)
    return NULL;
  if (!m->tried)
    module_open(n, m, file);
  const struct symbol *s =
      m->symbols == NULL ? NULL : symbols_find(m->symbols, address - 1 - file->bias);
  if (s == NULL)
    return NULL;
  struct function **f = &m->functions[s - m->symbols->items];
  if (*f == NULL)
    *f = function_new(n, s, file->bias);
  return *f;
}

const struct function *names_function(struct names *n, const struct dump_node *frame) {
  if (frame->module == 0 || frame->kind == DUMP_NODE_LABEL)
    return NULL;
  struct answer *a =
      &n->answers[(frame->address * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - ANSWERS_LOG2)];
  if (a->address != frame->address || a->module != frame->module)
    *a = (struct answer){.address = frame->address,
                         .module = frame->module,
                         .function = function_find(n, frame->module - 1, frame->address)};
  return a->function;
}

const char *names_module(const struct names *n, uint32_t module) {
  if (module == 0)
    return "(no module)";
  const char *path = dump_text(n->dump, n->dump->modules[module - 1].path);
  const char *slash = strrchr(path, '/');
  path = slash != NULL && slash[1] != '\0' ? slash + 1 : path;
  return *path != '\0' ? path : "(module without a name)";
}

void names_print(struct names *n, const struct dump_node *frame, bool offset, FILE *to) {
  const struct function *f = names_function(n, frame);
  unsigned long long address = frame->address;
  if (frame->kind == DUMP_NODE_LABEL)
    fprintf(to, "[%s]", dump_text(n->dump, frame->address));
  else if (f != NULL && offset)
    fprintf(to, "%s+0x%llx", f->name, address - f->start);
  else if (f != NULL)
    fputs(f->name, to);
  else if (frame->module != 0)
    fprintf(to, "%s+0x%llx", names_module(n, frame->module),
            address - n->dump->modules[frame->module - 1].bias);
  else
    fprintf(to, "0x%llx", address);
}
