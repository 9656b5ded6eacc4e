/* The table of modules; contract and picture in modules.h. */
#include "modules.h"
#include "find_object.h"
#include "module_table.h"
#include "namespaces.h"
#include "program_path.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <string.h>

enum { TABLE_BYTES_MAX = 128 << 10 };

/* Written by the refreshing thread only, but for the flag. */
static struct {
  _Atomic bool refreshing;
  _Atomic uint64_t adds, subs; /* the loader's counts at the last refresh */
  unsigned pass;
} modules;

/* Is it this thread that refreshes? */
static __thread bool refreshing_here __attribute__((tls_model("initial-exec")));

/* ---- reading the table ---- */

unsigned modules_count(void) { return table_count(); }
uint64_t modules_bytes(void) { return table_bytes(); }

const struct module *modules_at(unsigned i) { return &entry_at(i)->module; }

static bool is_gone(const struct module *m) {
  return atomic_load_explicit(&m->gone, memory_order_acquire);
}

int modules_find(uintptr_t address) {
  for (unsigned i = modules_count(); i-- > 0;) {
    const struct module *m = modules_at(i);
    if (address >= m->start && address < m->end && !is_gone(m))
      return (int)i;
  }
  return -1;
}

/* ---- what the loader says of a module ---- */

/* Where it lies; m->end stays 0 if nothing of it is mapped. */
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

/* Where a part lies in memory, if all of it is read from the file into one readable PT_LOAD; else
 * NULL.  *bytes: from there to the end of what is read from the file. */
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

/* Looks for the build-id in one note segment: header, name, description; each of the last two
 * begins at a multiple of the alignment. */
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

/* A segment that says 8 may hold notes of both alignments: linkers join them. */
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

/* A hash of the unwind tables, which differ where the code does: .eh_frame_hdr and what follows it
 * in its segment, which is .eh_frame as linkers lay it out.  FNV-1a, a word at a time. */
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

/* ---- which module it is ---- */

static uint64_t hash_more(uint64_t hash, const void *bytes, size_t n) {
  for (const unsigned char *at = bytes; n-- > 0; at++)
    hash = (hash ^ *at) * 0x100000001b3;
  return hash;
}

/* The name of a descriptor says nothing of the file, and is another one the next time. */
static bool names_a_descriptor(const char *name) {
  static const char proc[] = "/proc/", dev[] = "/dev/fd/";
  return strncmp(name, proc, sizeof proc - 1) == 0 || strncmp(name, dev, sizeof dev - 1) == 0;
}

static uint64_t identity(const struct module *m, const struct dl_phdr_info *info,
                         const char *name) {
  uint64_t print = m->build_id_bytes == 0 ? table_print(info) : 0;
  size_t size = m->end - m->start;
  uint64_t hash = hash_more(0xcbf29ce484222325, &size, sizeof size);
  hash = hash_more(hash, &print, sizeof print);
  hash = hash_more(hash, m->build_id, m->build_id_bytes);
  return m->build_id_bytes != 0 && names_a_descriptor(name) ? hash
                                                            : hash_more(hash, name, strlen(name));
}

/* ---- refreshing ---- */

struct pass {
  uint64_t before; /* the loader's count of those that left, when the table was right */
  bool first;      /* the next module is the program */
  bool none_left;  /* none has left since then: a module at known addresses is the known one */
  bool adding;     /* the second pass, which adds those that are not known */
  bool unknown;    /* there are some that are not known */
  bool whole;      /* the loader's search knew all of them (namespaces.h) */
  unsigned long long adds, subs; /* the loader's counts in this pass */
};

static void add(const struct module *m, uint64_t id, const char *name) {
  struct entry *e = table_add(m, id, *name != '\0' ? name : program_path());
  if (e != NULL)
    e->seen = modules.pass;
}

/* Marks the entry of a module that the loader lists; adds one in the second pass. */
static int see_module(struct dl_phdr_info *info, size_t bytes, void *argument) {
  (void)bytes;
  struct pass *pass = argument;
  struct module m = {0};
  read_addresses(&m, info);
  struct entry *e = table_find_loaded(m.start, m.end);
  if (e != NULL && pass->none_left) {
    e->seen = modules.pass;
    return 0;
  }
  if (m.end == 0)
    return 0;
  read_build_id(&m, info);
  const char *name = info->dlpi_name != NULL ? info->dlpi_name : "";
  uint64_t id = identity(&m, info, name);
  if (e != NULL && e->identity == id)
    e->seen = modules.pass;
  else if (e == NULL && pass->adding)
    add(&m, id, name);
  else
    pass->unknown = true;
  return 0;
}

/* The loader itself is in each namespace; it was seen in the program's. */
static int see_elsewhere(struct dl_phdr_info *info, size_t bytes, void *argument) {
  return info->dlpi_addr == program_loader() ? 0 : see_module(info, bytes, argument);
}

/* With more than one namespace the loader's count of modules that left is that of one namespace,
 * and says nothing of the others. */
static int see_listed(struct dl_phdr_info *info, size_t bytes, void *argument) {
  struct pass *pass = argument;
  bool first = pass->first;
  if (first) {
    pass->first = false;
    pass->adds = info->dlpi_adds;
    pass->subs = info->dlpi_subs;
    pass->none_left = pass->subs == pass->before && !namespaces_exist();
  }
  see_module(info, bytes, argument);
  if (first)
    pass->whole = namespaces_each(see_elsewhere, pass);
  return 0;
}

/* Of an entry whose module has left: says what is kept of it. */
static void report_left(struct entry *e, void *argument) {
  const struct module_events *events = argument;
  if (events == NULL)
    e->kept = (struct module_kept){.addresses = true};
  else
    e->kept = events->left(e->number, e->module.start, e->module.end);
}

/* Of a loaded entry: if its module came in this pass and had been here before, says so. */
static void report_back(struct entry *e, void *argument) {
  const struct module_events *events = argument;
  uint32_t nodes = e->kept.nodes;
  if (!e->came)
    return;
  e->came = false;
  e->kept = (struct module_kept){0};
  if (nodes != 0 && events != NULL)
    events->back(nodes, e->module.start);
}

/* dl_iterate_phdr with signals blocked.  A handler that forked while this thread has the loader's
 * lock would leave the child with a lock whose owner, by its kernel id, does not exist there. */
static void iterate(int (*visit)(struct dl_phdr_info *, size_t, void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  dl_iterate_phdr(visit, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Modules that left are taken off before any is added, so that a library that was closed and opened
 * again since the last refresh is found among those that left.  A module that comes between the two
 * passes is a change since the first, for the next refresh. */
static void refresh(const struct module_events *events) {
  struct pass pass = {.first = true, .before = modules.subs};
  modules.pass++;
  iterate(see_listed, &pass);
  table_unload_unseen(modules.pass, report_left, (void *)events);
  if (pass.unknown) {
    struct pass adding = {.first = true, .adding = true, .before = pass.subs};
    iterate(see_listed, &adding);
    table_each_loaded(report_back, (void *)events);
  }
  /* A namespace is just being opened: the next modules_changed() says yes. */
  atomic_store_explicit(&modules.adds, pass.whole ? pass.adds : 0, memory_order_relaxed);
  atomic_store_explicit(&modules.subs, pass.subs, memory_order_relaxed);
}

bool modules_refresh(const struct module_events *events) {
  if (atomic_exchange_explicit(&modules.refreshing, true, memory_order_acquire))
    return false;
  int saved = errno;
  refreshing_here = true;
  find_object_open();
  refresh(events);
  refreshing_here = false;
  errno = saved;
  atomic_store_explicit(&modules.refreshing, false, memory_order_release);
  return true;
}

bool modules_forget(void) {
  bool lost = modules.refreshing && !refreshing_here;
  if (lost)
    table_fork_child();
  atomic_store_explicit(&modules.refreshing, false, memory_order_relaxed);
  return lost;
}

static int compare(struct dl_phdr_info *info, size_t bytes, void *argument) {
  (void)bytes;
  *(bool *)argument =
      atomic_load_explicit(&modules.adds, memory_order_relaxed) != info->dlpi_adds ||
      atomic_load_explicit(&modules.subs, memory_order_relaxed) != info->dlpi_subs;
  return 1; /* the counts are the same for all modules: the first is enough */
}

void modules_fork_child_shown(void) { table_fork_child_shown(); }

bool modules_changed(void) {
  bool changed = false;
  iterate(compare, &changed);
  return changed;
}
