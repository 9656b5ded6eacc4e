/* The table of modules; contract and picture in modules.h. */
#include "modules.h"
#include "../arena/os.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

enum { CHUNK_BYTES = 2 * PAGE_BYTES, NAMES_BYTES = 2 * PAGE_BYTES, TABLE_BYTES_MAX = 128 << 10 };

struct entry {
  struct module module;
  uint64_t table_print; /* of the unwind tables, if there is no build-id */
  unsigned seen;        /* the pass that last met it */
};

enum { CHUNK_ENTRIES = (CHUNK_BYTES - sizeof(void *)) / sizeof(struct entry) };

struct chunk {
  struct chunk *_Atomic next;
  struct entry entries[CHUNK_ENTRIES];
};
static_assert(sizeof(struct chunk) <= CHUNK_BYTES, "a chunk is whole pages");

/* Written by the refreshing thread only, but for the flag. */
static struct {
  _Atomic bool refreshing;
  _Atomic uint64_t adds, subs; /* the loader's counts at the last refresh */
  struct chunk *_Atomic first;
  _Atomic unsigned count; /* entries that may be read */
  char *names;            /* free room for names */
  size_t names_left;
  unsigned pass;
  _Atomic uint64_t bytes;
} modules;

/* ---- the table ---- */

static void *table_map(size_t bytes) {
  void *p = os_map(round_up(bytes, PAGE_BYTES));
  if (p != NULL)
    atomic_fetch_add_explicit(&modules.bytes, round_up(bytes, PAGE_BYTES), memory_order_relaxed);
  return p;
}

unsigned modules_count(void) { return atomic_load_explicit(&modules.count, memory_order_acquire); }

static struct entry *entry_at(unsigned i) {
  struct chunk *c = atomic_load_explicit(&modules.first, memory_order_acquire);
  for (; i >= CHUNK_ENTRIES; i -= CHUNK_ENTRIES)
    c = atomic_load_explicit(&c->next, memory_order_acquire);
  return &c->entries[i];
}

const struct module *modules_at(unsigned i) { return &entry_at(i)->module; }

static bool is_gone(const struct module *m) {
  return atomic_load_explicit(&m->gone, memory_order_acquire);
}

/* From the end: while a refresh is under way, what came stands beside what it replaces. */
int modules_find(uintptr_t address) {
  for (unsigned i = modules_count(); i-- > 0;) {
    const struct module *m = modules_at(i);
    if (address >= m->start && address < m->end && !is_gone(m))
      return (int)i;
  }
  return -1;
}

uint64_t modules_bytes(void) { return atomic_load_explicit(&modules.bytes, memory_order_relaxed); }

/* Room for one entry more; NULL if there is no memory. */
static struct entry *entry_room(void) {
  unsigned i = modules_count();
  struct chunk *_Atomic *place = &modules.first;
  for (; i >= CHUNK_ENTRIES; i -= CHUNK_ENTRIES)
    place = &atomic_load_explicit(place, memory_order_relaxed)->next;
  struct chunk *c = atomic_load_explicit(place, memory_order_relaxed);
  if (c == NULL) {
    c = table_map(sizeof *c);
    if (c == NULL)
      return NULL;
    atomic_store_explicit(place, c, memory_order_release);
  }
  return &c->entries[i];
}

static const char *name_copy(const char *name) {
  size_t bytes = strlen(name) + 1;
  if (bytes > modules.names_left) {
    size_t room = bytes > NAMES_BYTES ? bytes : NAMES_BYTES;
    char *fresh = table_map(room);
    if (fresh == NULL)
      return NULL;
    modules.names = fresh;
    modules.names_left = round_up(room, PAGE_BYTES);
  }
  char *copy = memcpy(modules.names, name, bytes);
  modules.names += bytes;
  modules.names_left -= bytes;
  return copy;
}

static void entry_append(const struct entry *e, const char *name) {
  struct entry *room = entry_room();
  const char *path = room != NULL ? name_copy(name) : NULL;
  if (path == NULL)
    return;
  *room = *e;
  room->module.path = path;
  atomic_store_explicit(&modules.count, modules_count() + 1, memory_order_release);
}

/* ---- what the loader tells ---- */

static void read_addresses(struct module *m, const struct dl_phdr_info *info) {
  m->bias = info->dlpi_addr;
  m->start = UINTPTR_MAX;
  for (unsigned i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    uintptr_t start = info->dlpi_addr + h->p_vaddr, end = start + h->p_memsz;
    if (h->p_type == PT_DYNAMIC)
      m->dynamic = start;
    if (h->p_type != PT_LOAD || end <= start)
      continue;
    m->start = start < m->start ? start : m->start;
    m->end = end > m->end ? end : m->end;
  }
}

/* A part's bytes in memory, if they lie in what the file itself fills of a readable PT_LOAD; else
 * NULL.  *bytes: from there to the end of what is filled. */
static const unsigned char *segment(const struct dl_phdr_info *info, const ElfW(Phdr) * part,
                                    size_t *bytes) {
  for (unsigned i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    uintptr_t offset = part->p_vaddr - h->p_vaddr; /* wraps if the part is below */
    if (h->p_type != PT_LOAD || (h->p_flags & PF_R) == 0 || offset > h->p_filesz ||
        part->p_filesz > h->p_filesz - offset)
      continue;
    *bytes = h->p_filesz - offset;
    return (const unsigned char *)(info->dlpi_addr + part->p_vaddr);
  }
  return NULL;
}

/* Looks through one note segment: header, name, description, each of the latter from a multiple of
 * the alignment on. */
static void read_notes(struct module *m, const unsigned char *at, size_t left, size_t alignment) {
  ElfW(Nhdr) note;
  while (left >= sizeof note) {
    memcpy(&note, at, sizeof note);
    size_t name = sizeof note;
    size_t text = round_up(name + note.n_namesz, alignment);
    size_t next = round_up(text + note.n_descsz, alignment);
    if (text > left || note.n_descsz > left - text)
      return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof ELF_NOTE_GNU &&
        memcmp(at + name, ELF_NOTE_GNU, sizeof ELF_NOTE_GNU) == 0) {
      m->build_id_bytes = note.n_descsz < BUILD_ID_MAX ? note.n_descsz : BUILD_ID_MAX;
      memcpy(m->build_id, at + text, m->build_id_bytes);
      return;
    }
    if (next > left)
      return;
    at += next;
    left -= next;
  }
}

/* Linkers put notes of both alignments into one segment, and say 8 of it. */
static void read_build_id(struct module *m, const struct dl_phdr_info *info) {
  for (unsigned i = 0; i < info->dlpi_phnum && m->build_id_bytes == 0; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    size_t bytes;
    const unsigned char *notes = h->p_type == PT_NOTE ? segment(info, h, &bytes) : NULL;
    if (notes != NULL && h->p_align == 8)
      read_notes(m, notes, h->p_filesz, 8);
    if (notes != NULL && m->build_id_bytes == 0)
      read_notes(m, notes, h->p_filesz, 4);
  }
}

/* Other code, other unwind tables: .eh_frame_hdr and what follows it in its segment, which is
 * .eh_frame as linkers lay it out.  FNV-1a, a word at a time. */
static uint64_t table_print(const struct dl_phdr_info *info) {
  uint64_t print = 0xcbf29ce484222325, word;
  for (unsigned i = 0; i < info->dlpi_phnum; i++) {
    const ElfW(Phdr) *h = &info->dlpi_phdr[i];
    size_t bytes = 0;
    const unsigned char *table = h->p_type == PT_GNU_EH_FRAME ? segment(info, h, &bytes) : NULL;
    for (size_t k = 0; table != NULL && k + sizeof word <= bytes && k < TABLE_BYTES_MAX;
         k += sizeof word) {
      memcpy(&word, table + k, sizeof word);
      print = (print ^ word) * 0x100000001b3;
    }
  }
  return print;
}

/* ---- refreshing ---- */

static bool is_same(const struct entry *a, const struct entry *b, const char *name) {
  const struct module *m = &a->module, *n = &b->module;
  return m->start == n->start && m->end == n->end && m->build_id_bytes == n->build_id_bytes &&
         memcmp(m->build_id, n->build_id, n->build_id_bytes) == 0 &&
         a->table_print == b->table_print && strcmp(m->path, name) == 0;
}

static void module_met(const struct entry *e, const char *name) {
  for (unsigned i = modules_count(); i-- > 0;) {
    struct entry *known = entry_at(i);
    if (!is_gone(&known->module) && is_same(known, e, name)) {
      known->seen = modules.pass;
      return;
    }
  }
  entry_append(e, name);
}

/* The program's own file, which the loader leaves without a name. */
static void own_path(char *path, size_t capacity) {
  ssize_t n = readlink("/proc/self/exe", path, capacity - 1);
  if (n >= 0) {
    path[n] = 0;
    return;
  }
  const char *told = (const char *)getauxval(AT_EXECFN);
  size_t length = told != NULL ? strnlen(told, capacity - 1) : 0;
  memcpy(path, told != NULL ? told : "", length);
  path[length] = 0;
}

struct pass {
  bool first; /* the next module is the program */
  unsigned long long adds, subs;
  char program[PAGE_BYTES];
};

static int meet(struct dl_phdr_info *info, size_t bytes, void *argument) {
  (void)bytes;
  struct pass *pass = argument;
  struct entry e = {.seen = modules.pass};
  read_addresses(&e.module, info);
  const char *name = info->dlpi_name != NULL ? info->dlpi_name : "";
  if (pass->first) {
    pass->adds = info->dlpi_adds;
    pass->subs = info->dlpi_subs;
    name = *name == 0 ? pass->program : name;
    pass->first = false;
  }
  if (e.module.end == 0)
    return 0;
  read_build_id(&e.module, info);
  if (e.module.build_id_bytes == 0)
    e.table_print = table_print(info);
  module_met(&e, name);
  return 0;
}

static void sweep(void (*left)(unsigned i, uintptr_t start, uintptr_t end)) {
  for (unsigned i = 0; i < modules_count(); i++) {
    struct entry *e = entry_at(i);
    if (is_gone(&e->module) || e->seen == modules.pass)
      continue;
    atomic_store_explicit(&e->module.gone, true, memory_order_release);
    if (left != NULL)
      left(i, e->module.start, e->module.end);
  }
}

/* A handler that forked while this thread has the loader's lock would leave the child a lock whose
 * owner, by its kernel id, is not there. */
static void iterate(int (*visit)(struct dl_phdr_info *, size_t, void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  dl_iterate_phdr(visit, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool modules_refresh(void (*left)(unsigned i, uintptr_t start, uintptr_t end)) {
  if (atomic_exchange_explicit(&modules.refreshing, true, memory_order_acquire))
    return false;
  int saved = errno;
  struct pass pass = {.first = true};
  own_path(pass.program, sizeof pass.program);
  modules.pass++;
  iterate(meet, &pass);
  sweep(left);
  atomic_store_explicit(&modules.adds, pass.adds, memory_order_relaxed);
  atomic_store_explicit(&modules.subs, pass.subs, memory_order_relaxed);
  errno = saved;
  atomic_store_explicit(&modules.refreshing, false, memory_order_release);
  return true;
}

void modules_forget(void) {
  atomic_store_explicit(&modules.refreshing, false, memory_order_relaxed);
}

static int compare(struct dl_phdr_info *info, size_t bytes, void *argument) {
  (void)bytes;
  *(bool *)argument =
      atomic_load_explicit(&modules.adds, memory_order_relaxed) != info->dlpi_adds ||
      atomic_load_explicit(&modules.subs, memory_order_relaxed) != info->dlpi_subs;
  return 1; /* the first tells for all */
}

bool modules_changed(void) {
  bool changed = false;
  iterate(compare, &changed);
  return changed;
}
