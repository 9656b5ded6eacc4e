/* Changes values in libc's table of dynamic symbols; contract in libc_names.h. */
#include "libc_names.h"
#include "caller.h"
#include "find_object.h"
#include "os.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { CHANGES_MOST = 96, PATIENCE_US = 100000, NAP_US = 100 };

enum progress { CLOSED, OPEN, BUSY, DONE, REFUSED };
static _Atomic(enum progress) progress;

/* A library's dynamic symbols, and its DT_GNU_HASH by which they are found. */
struct table {
  uintptr_t base; /* the library's load address */
  ElfW(Sym) * symbols;
  const char *names;
  const uint32_t *buckets, *chains; /* chains[i] belongs to symbol first + i */
  uint32_t bucket_count, first;
};

/* Values to be written, and the pages they lie in.  Of the thread that made `progress` BUSY. */
static struct {
  struct {
    uint64_t *value;
    uint64_t to;
  } all[CHANGES_MOST];
  size_t count;
  uintptr_t start, end;
} changes;

/* ---- tables ---- */

static void read_hash(struct table *t, const uint32_t *hash) {
  t->bucket_count = hash[0];
  t->first = hash[1];
  t->buckets = hash + 4 + (size_t)hash[2] * (sizeof(ElfW(Addr)) / sizeof *hash);
  t->chains = t->buckets + t->bucket_count;
}

/* The tables of the library that holds the address.  False if one is missing. */
static bool read_table(struct table *t, uintptr_t address) {
  struct dl_find_object found;
  if (!find_object(address, &found))
    return false;
  *t = (struct table){.base = found.dlfo_link_map->l_addr};
  for (const ElfW(Dyn) *d = found.dlfo_link_map->l_ld; d->d_tag != DT_NULL; d++) {
    void *place = (void *)d->d_un.d_ptr; /* the loader has made an address of the offset */
    if (d->d_tag == DT_SYMTAB)
      t->symbols = place;
    else if (d->d_tag == DT_STRTAB)
      t->names = place;
    else if (d->d_tag == DT_GNU_HASH)
      read_hash(t, place);
  }
  return t->symbols != NULL && t->names != NULL && t->bucket_count != 0;
}

static uint32_t hash_of(const char *name) {
  uint32_t h = 5381;
  for (; *name != '\0'; name++)
    h = h * 33 + (unsigned char)*name;
  return h;
}

/* The next symbol of that name (with another version) after `last`, which is 0 at first.  0: there
 * is none. */
static uint32_t next_symbol(const struct table *t, const char *name, uint32_t last) {
  uint32_t hash = hash_of(name);
  if (last != 0 && (t->chains[last - t->first] & 1) != 0)
    return 0;
  uint32_t i = last != 0 ? last + 1 : t->buckets[hash % t->bucket_count];
  for (; i >= t->first; i++) {
    uint32_t word = t->chains[i - t->first];
    if ((word | 1) == (hash | 1) && strcmp(t->names + t->symbols[i].st_name, name) == 0)
      return i;
    if ((word & 1) != 0)
      return 0;
  }
  return 0;
}

/* ---- what is changed ---- */

/* Does the search after us, where we hand such a call on, end in libc? */
static bool next_is_libc(const char *name, uintptr_t libc_own) {
  return (uintptr_t)dlsym(RTLD_NEXT, name) == libc_own;
}

static bool is_handed_on(const char *name) {
  static const char names[][16] = {"mmap",  "mmap64", "munmap", "mremap",  "brk",           "sbrk",
                                   "shmat", "shmdt",  "prctl",  "syscall", "pthread_create"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return false;
}

static bool may_lead_here(const char *name, uintptr_t libc_own) {
  return strcmp(name, "dlopen") != 0 && strcmp(name, "dlmopen") != 0 &&
         (!is_handed_on(name) || next_is_libc(name, libc_own));
}

static void add_change(uint64_t *value, uint64_t to) {
  if (changes.count == CHANGES_MOST)
    return;
  uintptr_t page = (uintptr_t)value & -(uintptr_t)PAGE_BYTES;
  uintptr_t end = ((uintptr_t)(value + 1) + PAGE_BYTES - 1) & -(uintptr_t)PAGE_BYTES;
  changes.start = changes.count == 0 || page < changes.start ? page : changes.start;
  changes.end = end > changes.end ? end : changes.end;
  changes.all[changes.count].value = value;
  changes.all[changes.count++].to = to;
}

/* Adds libc's symbols of the name of one of ours. */
static void add_name(const struct table *libc, const struct table *ours, const ElfW(Sym) * own) {
  const char *name = ours->names + own->st_name;
  for (uint32_t i = 0; (i = next_symbol(libc, name, i)) != 0;) {
    ElfW(Sym) *s = &libc->symbols[i];
    if (s->st_shndx != SHN_UNDEF && may_lead_here(name, libc->base + s->st_value))
      add_change(&s->st_value, ours->base + own->st_value - libc->base);
  }
}

/* All that this library exports: its table's chains, which lie one behind the other. */
static void add_names(const struct table *libc, const struct table *ours) {
  uint32_t last = 0;
  for (uint32_t b = 0; b < ours->bucket_count; b++)
    last = ours->buckets[b] > last ? ours->buckets[b] : last;
  for (uint32_t i = ours->first; last != 0; i++) {
    if (ELF64_ST_TYPE(ours->symbols[i].st_info) == STT_FUNC)
      add_name(libc, ours, &ours->symbols[i]);
    if (i >= last && (ours->chains[i - ours->first] & 1) != 0)
      return;
  }
}

/* Other threads may be searching meanwhile: each finds the old value or the new one. */
static bool write_changes(void) {
  void *start = (void *)changes.start;
  size_t bytes = changes.end - changes.start;
  if (changes.count == 0 || !find_constants(changes.start) || !find_constants(changes.end - 1) ||
      mprotect(start, bytes, PROT_READ | PROT_WRITE) != 0)
    return false;
  for (size_t i = 0; i < changes.count; i++)
    __atomic_store_n(changes.all[i].value, changes.all[i].to, __ATOMIC_RELAXED);
  mprotect(start, bytes, PROT_READ);
  return true;
}

static bool change_table(void) {
  struct table libc, ours;
  if (!read_table(&libc, (uintptr_t)&gnu_get_libc_version) ||
      !read_table(&ours, (uintptr_t)&change_table))
    return false;
  add_names(&libc, &ours);
  return write_changes();
}

/* ---- once ---- */

/* Another thread is at it.  It may wait in dlsym for the loader's lock, which this one may hold. */
static void wait_for_it(void) {
  for (unsigned us = 0; progress == BUSY && us < PATIENCE_US; us += NAP_US)
    os_sleep_us(NAP_US);
}

bool libc_names_lead_here(void) {
  enum progress expected = OPEN;
  if (atomic_compare_exchange_strong(&progress, &expected, BUSY)) {
    int saved = errno;
    progress = find_object_open() && change_table() ? DONE : REFUSED;
    errno = saved;
  } else if (expected == BUSY) {
    wait_for_it();
  }
  return progress == DONE;
}

void libc_names_open(void) { progress = OPEN; }
