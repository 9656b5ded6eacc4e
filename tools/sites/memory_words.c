/* Sentences about memory; contract in memory_words.h. */
#include "memory_words.h"
#include "run_time.h"
#include "say.h"
#include "text.h"
#include "units.h"

#include <stdlib.h>
#include <string.h>

struct words {
  const char *key, *name, *brief;
};

static const struct words parts[MEMORY_PARTS] = {
    [MEMORY_OBJECTS] = {"objects", "live objects", "objects"},
    [MEMORY_ROUNDING] = {"rounding", "rounding", "rounding"},
    [MEMORY_FRAGMENTED] = {"fragmented", "fragmentation", "fragmentation"},
    [MEMORY_IDLE] = {"idle", "free, kept", "free memory"},
    [MEMORY_TABLES] = {"tables", "allocator tables", "allocator tables"},
    [MEMORY_PROFILER] = {"profiler", "this profiler", "this profiler"},
    [MEMORY_STACKS] = {"stacks", "stacks", "stacks"},
    [MEMORY_CODE] = {"code", "code", "code"},
    [MEMORY_DATA] = {"data", "static data", "static data"},
    [MEMORY_FILES] = {"files", "mapped files", "files"},
    [MEMORY_SHARED] = {"shared", "shared memory", "shared memory"},
    [MEMORY_MAPPED] = {"mapped", "mapped, no malloc", "mapped"},
    [MEMORY_OTHER] = {"other", "other", "other"},
};

static const struct words kinds[] = {
    [DUMP_MAPPING_NONE] = {"other", "of an unknown kind", ""},
    [DUMP_MAPPING_OBJECTS] = {"small_objects", "small objects", ""},
    [DUMP_MAPPING_ROUNDING] = {"small_rounding", "rounding of small objects", ""},
    [DUMP_MAPPING_PINNED] = {"free_cells_pinned", "free cells beside live objects", ""},
    [DUMP_MAPPING_FREE] = {"free_cells", "free cells, no live object beside them", ""},
    [DUMP_MAPPING_UNCARVED] = {"uncarved", "parts of slabs that were never used", ""},
    [DUMP_MAPPING_EMPTY] = {"empty_slabs", "empty slabs", ""},
    [DUMP_MAPPING_LARGE] = {"large_objects", "large objects (jemalloc)", ""},
    [DUMP_MAPPING_LARGE_IDLE] = {"large_idle", "free pages and places (jemalloc)", ""},
    [DUMP_MAPPING_LARGE_TABLES] = {"large_tables", "jemalloc's tables", ""},
    [DUMP_MAPPING_HUGE] = {"huge_objects", "huge objects", ""},
    [DUMP_MAPPING_HUGE_IDLE] = {"huge_idle", "pages that huge objects left", ""},
    [DUMP_MAPPING_ROWS] = {"rows", "rows of slabs, blocks and arenas", ""},
    [DUMP_MAPPING_TAGS] = {"tags", "a tag each cell", ""},
    [DUMP_MAPPING_TABLES] = {"profiler_tables", "accounts, call paths, modules", ""},
    [DUMP_MAPPING_STACK] = {"thread_stack", "thread's stack", ""},
    [DUMP_MAPPING_MAIN_STACK] = {"main_stack", "main thread's stack", ""},
    [DUMP_MAPPING_TLS] = {"tls", "main thread's thread-local storage", ""},
    [DUMP_MAPPING_TEXT] = {"text", "code", ""},
    [DUMP_MAPPING_READ_ONLY] = {"read_only", "read-only", ""},
    [DUMP_MAPPING_RELOCATED] = {"relocated", "relocated, read-only since", ""},
    [DUMP_MAPPING_DATA] = {"data", "data", ""},
    [DUMP_MAPPING_BSS] = {"bss", "zero-initialized data", ""},
    [DUMP_MAPPING_SHARED_FILE] = {"shared_file", "shared file", ""},
    [DUMP_MAPPING_SHARED_MEMORY] = {"shared_memory", "shared memory", ""},
    [DUMP_MAPPING_BREAK] = {"break", "brk", ""},
    [DUMP_MAPPING_VDSO] = {"vdso", "vdso", ""},
    [DUMP_MAPPING_ANONYMOUS] = {"anonymous", "anonymous, caller not known", ""},
    [DUMP_MAPPING_RESERVED] = {"reserved", "reserved addresses, use no memory", ""},
    [DUMP_MAPPING_PAGE_TABLES] = {"page_tables", "page tables of the kernel", ""},
    [DUMP_MAPPING_KERNEL] = {"kernel", "by the kernel", ""},
};

static const struct words *kind_of(uint32_t kind) {
  return &kinds[kind < sizeof kinds / sizeof *kinds ? kind : DUMP_MAPPING_NONE];
}

const char *memory_part_name(enum memory_part part) { return parts[part].name; }
const char *memory_part_key(enum memory_part part) { return parts[part].key; }
const char *memory_part_brief(enum memory_part part) { return parts[part].brief; }
const char *memory_kind_name(uint32_t kind) { return kind_of(kind)->name; }
const char *memory_kind_key(uint32_t kind) { return kind_of(kind)->key; }

/* ---- call sites ---- */

static const struct row *row_most(const struct session *s, uint64_t (*value)(const struct row *)) {
  const struct row *most = NULL;
  for (uint32_t i = 0; i < s->rows->count; i++)
    if (value(&s->rows->items[i]) > (most != NULL ? value(most) : 0))
      most = &s->rows->items[i];
  return most;
}

static uint64_t live(const struct row *r) { return r->sum.live_bytes; }
static uint64_t resident(const struct row *r) { return r->resident + r->swapped; }
static uint64_t pinned(const struct row *r) { return r->sum.pinned_bytes; }

/* The frame that a user looks for: the innermost function of the program's own, if there is one. */
static void maker_frame(const struct session *s, const struct row *r, struct frame *f) {
  uint32_t path = r->kind != DUMP_SITE_PATH     ? PATH_ROOT
                  : s->own[r->key] != PATH_ROOT ? s->own[r->key]
                                                : r->key;
  if (path != PATH_ROOT)
    paths_frame(s->paths, s->dump, s->names, path, f);
}

/* Where no function is known, the file will do. */
static char *nameless(const struct session *s, const struct row *r, const struct frame *f) {
  const char *words = row_title(r);
  if (words != NULL)
    return must_copy(words);
  return f->module != 0 ? must_print("code without a name in %s", names_module(s->names, f->module))
                        : must_copy("code without a name");
}

static char *maker_name(const struct session *s, const struct row *r) {
  struct frame f = {0};
  maker_frame(s, r, &f);
  if (f.function == NULL && f.label == NULL)
    return nameless(s, r, &f);
  const char *name = f.label != NULL ? f.label : f.function;
  return f.file != NULL ? must_print("%s (%s:%u)", name, file_base(f.file), f.line)
                        : must_copy(name);
}

char *memory_site_name(const struct session *s, uint32_t site) {
  const struct dump_site *d = &s->dump->sites[site];
  struct row r = {.kind = row_kind_mapped(s->dump, d->kind), .key = s->paths->of_node[d->node]};
  return maker_name(s, &r);
}

/* The kernel's name of shared memory without a file is that of a device which nobody has opened. */
static const char *mapping_name(const struct dump *d, const struct dump_mapping *m) {
  const char *name = dump_text(d, m->name);
  return strcmp(name, "/dev/zero (deleted)") == 0 ? "without a file" : name;
}

char *memory_row_name(const struct dump *d, const struct session *s, const struct dump_mapping *m) {
  const char *name = mapping_name(d, m);
  if (m->site != 0 && s != NULL) {
    char *site = memory_site_name(s, m->site - 1);
    char *words = must_print("%s by %s", m->kind == DUMP_MAPPING_BREAK ? "brk" : "mapped", site);
    free(site);
    return words;
  }
  if (*name != '\0')
    return must_print("%s %s", memory_kind_name(m->kind), name);
  return m->kind == DUMP_MAPPING_ANONYMOUS && m->start != 0
             ? must_print("%s at 0x%llx", memory_kind_name(m->kind), (unsigned long long)m->start)
             : must_copy(memory_kind_name(m->kind));
}

/* The call site whose mappings have most; NULL: none is known. */
static char *mapped_most(const struct session *s, bool exact) {
  const struct dump_mapping *most = NULL;
  for (uint32_t i = 0; i < s->dump->n_mappings; i++) {
    const struct dump_mapping *m = &s->dump->mappings[i];
    if (m->site != 0 && (most == NULL || m->resident + m->swapped > most->resident + most->swapped))
      most = m;
  }
  if (most == NULL)
    return NULL;
  char held[UNITS_MAX], mapped[UNITS_MAX], *name = memory_site_name(s, most->site - 1);
  units_bytes(most->resident + most->swapped, exact, held);
  units_bytes(most->mapped, exact, mapped);
  char *words = must_print("%s of it by %s, which mapped %s", held, name, mapped);
  free(name);
  return words;
}

/* Bytes of live objects that no call site has: what large ones were rounded up by.  0 if hardly any
 * are. */
static uint64_t no_sites(const struct session *s) {
  uint64_t objects = 0, sites = resident(&s->rows->total);
  for (uint32_t i = 0; i < s->dump->n_mappings; i++) {
    const struct dump_mapping *m = &s->dump->mappings[i];
    if (m->kind == DUMP_MAPPING_OBJECTS || m->kind == DUMP_MAPPING_LARGE ||
        m->kind == DUMP_MAPPING_HUGE)
      objects += m->resident + m->swapped;
  }
  return objects > sites && objects - sites >= objects / 100 ? objects - sites : 0;
}

/* Who has most of the live objects in memory; where that is not known, who asked for most, which
 * is no part of what is in memory.  NULL: nobody. */
static char *objects_most(const struct session *s, bool exact) {
  bool known = resident_known(s->dump);
  const struct row *r = row_most(s, known ? resident : live);
  char bytes[UNITS_MAX];
  if (r == NULL)
    return NULL;
  char *name = maker_name(s, r);
  units_bytes(known ? resident(r) : r->sum.live_bytes, exact, bytes);
  uint64_t rounding = known ? no_sites(s) : 0;
  char more[UNITS_MAX];
  units_bytes(rounding, exact, more);
  char *words = rounding > 0
                    ? must_print("%s of it for %s and %s for rounding of large objects, which "
                                 "no call site has",
                                 bytes, name, more)
                : known ? must_print("%s of it for %s", bytes, name)
                        : must_print("most by %s: %s, touched or not", name, bytes);
  free(name);
  return words;
}

struct memory_makers memory_makers_of(const struct session *s, bool exact) {
  struct memory_makers m = {.mapped = mapped_most(s, exact), .objects = objects_most(s, exact)};
  char bytes[UNITS_MAX], objects[UNITS_MAX], percent[UNITS_MAX];
  const struct row *r = pinned_known(s->dump) ? row_most(s, pinned) : NULL;
  if (r != NULL) {
    char *name = maker_name(s, r);
    units_percent(r->sum.pinned_bytes, s->rows->total.sum.pinned_bytes, percent);
    units_name(r->sum.live_objects, UNIT_COUNT, exact, objects);
    m.gain = r->sum.pinned_bytes + r->sum.live_rounded;
    units_bytes(m.gain, exact, bytes);
    m.pinned = must_print("%s pinned by %s objects of %s: freeing these, and malloc_trim, would "
                          "give back %s",
                          percent, objects, name, bytes);
    free(name);
  }
  return m;
}

void memory_makers_free(struct memory_makers *m) {
  free(m->mapped);
  free(m->objects);
  free(m->pinned);
}

/* ---- sentences ---- */

/* NULL: none is known. */
static const char *remedy_of(const struct dump *d) {
  const char *remedy = NULL;
  for (uint32_t i = 0; i < d->n_mappings && remedy == NULL; i++)
    if (d->mappings[i].kind == DUMP_MAPPING_TEXT)
      remedy = run_time_remedy(dump_text(d, d->mappings[i].name));
  return remedy;
}

/* What a sentence is made of. */
struct sentence {
  const struct memory_parts *parts;
  const struct memory_sum *sum;
  const struct dump_mapping *most; /* never NULL where the part has bytes */
  bool exact;
};

static const char *bytes(const struct sentence *s, uint64_t n, char name[UNITS_MAX]) {
  units_bytes(n, s->exact, name);
  return name;
}

static const char *most_name(const struct sentence *s) {
  const char *name = s->most != NULL ? file_base(mapping_name(s->parts->dump, s->most)) : "";
  return *name != '\0' ? name : "-";
}

static char *most_words(const struct sentence *s, const char *what) {
  char most[UNITS_MAX];
  return must_print("%s; most: %s %s%s", what,
                    bytes(s, s->most != NULL ? s->most->resident + s->most->swapped : 0, most),
                    text_starts(most_name(s), "without ") ? "" : "of ", most_name(s));
}

static char *idle_words(const struct sentence *s) {
  char trim[UNITS_MAX];
  return must_print("free memory kept for reuse: malloc_trim would give back %s",
                    bytes(s, s->sum->trim, trim));
}

static char *fragmented_words(const struct memory_makers *m) {
  return m != NULL && m->pinned != NULL
             ? must_print("free cells between live objects, %s", m->pinned)
             : must_copy("free cells between live objects: only their neighbours' end gives them "
                         "back");
}

static char *objects_words(const struct memory_makers *m) {
  return m != NULL && m->objects != NULL
             ? must_print("what the program asked malloc for, %s", m->objects)
             : must_copy("what the program asked malloc for and did not free");
}

static char *profiler_words(const struct sentence *s) {
  return must_copy(
      s->parts->dump->process->tags == DUMP_TAG_OFF
          ? "the library and its tables; without it there would be none of this"
          : "tags, accounts and call paths: samples (ARENASHIM_SAMPLE=512K) need less, "
            "ARENASHIM_TAG=off hardly any");
}

static char *stacks_words(const struct sentence *s) {
  uint32_t threads = 0;
  uint64_t used = 0;
  char each[UNITS_MAX];
  for (uint32_t i = 0; i < s->parts->dump->n_mappings; i++) {
    const struct dump_mapping *m = &s->parts->dump->mappings[i];
    threads += m->kind == DUMP_MAPPING_STACK ? m->count : 0;
    used += m->kind == DUMP_MAPPING_STACK ? m->depth : 0;
  }
  if (threads == 0)
    return must_copy("the main thread's stack: a page that was used once stays");
  return must_print("stacks of the main thread and %u others, which used %s each on average: fewer "
                    "threads, or calls less deep, need less",
                    threads, bytes(s, used / threads, each));
}

static char *mapped_words(const struct sentence *s, const struct memory_makers *m) {
  char most[UNITS_MAX];
  const char *remedy = remedy_of(s->parts->dump);
  if (remedy != NULL)
    return must_copy(remedy);
  if (m != NULL && m->mapped != NULL)
    return must_print("mapped by the program itself, not through malloc, %s", m->mapped);
  if (s->most == NULL || s->most->count > 1) /* a sum */
    return must_print("mapped by the program itself in %u places, not through malloc",
                      s->sum->count);
  return must_print("mapped by the program itself in %u places, not through malloc; the largest "
                    "has %s",
                    s->sum->count, bytes(s, s->most->resident + s->most->swapped, most));
}

char *memory_sentence(const struct memory_parts *p, enum memory_part part,
                      const struct memory_makers *m, bool exact) {
  struct sentence s = {p, &p->part[part], memory_largest(p, part), exact};
  switch (part) {
  case MEMORY_OBJECTS:
    return objects_words(m);
  case MEMORY_ROUNDING:
    return must_copy("what cells have beyond the bytes asked for: `arenashim waste` says by whom");
  case MEMORY_FRAGMENTED:
    return fragmented_words(m);
  case MEMORY_IDLE:
    return idle_words(&s);
  case MEMORY_TABLES:
    return must_copy("what the allocator keeps about its memory; it shrinks when that does");
  case MEMORY_PROFILER:
    return profiler_words(&s);
  case MEMORY_STACKS:
    return stacks_words(&s);
  case MEMORY_CODE:
    return most_words(&s, "code and constants of the program and its libraries; the kernel drops "
                          "them when short of memory");
  case MEMORY_DATA:
    return most_words(&s, "variables of the program and its libraries that were written");
  case MEMORY_FILES:
    return most_words(&s, "files that the program mapped; unchanged pages go when memory is short");
  case MEMORY_SHARED:
    return most_words(&s, "shared with other processes, or by descriptor; it stays until it is "
                          "unmapped or removed");
  case MEMORY_MAPPED:
    return mapped_words(&s, m);
  default:
    return must_copy("the kernel's pages in the process, and what this command does not know");
  }
}
