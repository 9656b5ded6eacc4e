/* Reads names from dynamic symbols; contract in exported_names.h. */
#include "exported_names.h"
#include "text.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PIECE_BYTES = 6 << 10, ANSWERS = 128, MODULES = 16, DYNAMIC_MAX = 64 };

/* Where a module's dynamic symbols lie; count == 0: it has none, or they make no sense. */
struct symbols {
  const struct module *module;
  unsigned life; /* of the module, when they were looked up */
  uintptr_t table, names;
  size_t name_bytes;
  uint64_t count;
};

/* The answer for an address; an empty name: there is none. */
struct answer {
  const struct module *module;
  unsigned life;
  uintptr_t address;
  char name[EXPORTED_NAME_MAX];
};

static struct {
  struct symbols symbols[MODULES];
  struct answer answers[ANSWERS];
  union {
    Elf64_Dyn entries[PIECE_BYTES / sizeof(Elf64_Dyn)];
    Elf64_Sym symbols[PIECE_BYTES / sizeof(Elf64_Sym)];
    uint32_t words[PIECE_BYTES / 4];
  } piece;
} names;

/* ---- reading ---- */

static bool is_inside(const struct module *m, uintptr_t address, size_t bytes) {
  return address >= m->start && address < m->end && bytes <= m->end - address;
}

/* Copies bytes of the module; false if they can't be read. */
static bool copy(const struct module *m, uintptr_t from, void *to, size_t bytes) {
  struct iovec local = {to, bytes}, remote = {(void *)from, bytes};
  int saved = errno;
  bool done = is_inside(m, from, bytes) &&
              process_vm_readv(getpid(), &local, 1, &remote, 1, 0) == (ssize_t)bytes;
  errno = saved;
  return done;
}

/* Copies entries of a table into names.piece, as many of the `left` ones as have room.  Returns how
 * many; 0 if they can't be read. */
static size_t copy_some(const struct module *m, uintptr_t from, size_t size, uint64_t left) {
  size_t room = PIECE_BYTES / size, n = left < room ? left : room;
  return copy(m, from, &names.piece, n * size) ? n : 0;
}

static bool copy_word(const struct module *m, uintptr_t from, uint32_t *word) {
  return copy(m, from, word, sizeof *word);
}

/* ---- the module's tables ---- */

/* The loader has replaced addresses in the file by those in memory, but not in the kernel's vdso.
 */
static uintptr_t in_memory(const struct module *m, uint64_t pointer) {
  return is_inside(m, pointer, 1) ? pointer : pointer + m->bias;
}

/* A chain ends at its first odd word.  Returns the number after the symbol of that word; 0 if it
 * can't be read. */
static uint64_t chain_end(const struct module *m, uintptr_t chains, uint32_t first, uint32_t last) {
  for (uint32_t word = 0;; last++)
    if (!copy_word(m, chains + (uint64_t)(last - first) * sizeof word, &word))
      return 0;
    else if (word & 1)
      return last + UINT64_C(1);
}

/* The number of symbols by a DT_GNU_HASH: up to the end of the chain that begins last. */
static uint64_t count_gnu(const struct module *m, uintptr_t hash) {
  uint32_t head[4]; /* buckets, first symbol, words of the filter, its shift */
  if (!copy(m, hash, head, sizeof head))
    return 0;
  uintptr_t buckets = hash + sizeof head + head[2] * sizeof(uint64_t);
  uintptr_t chains = buckets + head[0] * sizeof(uint32_t);
  uint32_t last = 0;
  for (size_t i = 0, n; i < head[0]; i += n) {
    n = copy_some(m, buckets + i * sizeof last, sizeof last, head[0] - i);
    if (n == 0)
      return 0;
    for (size_t k = 0; k < n; k++)
      last = names.piece.words[k] > last ? names.piece.words[k] : last;
  }
  return last < head[1] ? 0 : chain_end(m, chains, head[1], last);
}

/* The number of symbols by a DT_HASH: that of its chains. */
static uint64_t count_plain(const struct module *m, uintptr_t hash) {
  uint32_t count = 0;
  return copy_word(m, hash + sizeof count, &count) ? count : 0;
}

/* Looks up where a module's symbols lie. */
static struct symbols symbols_of(const struct module *m) {
  struct symbols s = {.module = m, .life = m->life};
  uintptr_t plain = 0, gnu = 0, left = m->end - m->dynamic; /* of no use if it is not inside */
  uint64_t most = left / sizeof(Elf64_Dyn) < DYNAMIC_MAX ? left / sizeof(Elf64_Dyn) : DYNAMIC_MAX;
  size_t n = copy_some(m, m->dynamic, sizeof(Elf64_Dyn), most);
  for (size_t i = 0; i < n && names.piece.entries[i].d_tag != DT_NULL; i++) {
    uint64_t value = names.piece.entries[i].d_un.d_val;
    switch (names.piece.entries[i].d_tag) {
    case DT_SYMTAB:
      s.table = in_memory(m, value);
      break;
    case DT_STRTAB:
      s.names = in_memory(m, value);
      break;
    case DT_STRSZ:
      s.name_bytes = value;
      break;
    case DT_HASH:
      plain = in_memory(m, value);
      break;
    case DT_GNU_HASH:
      gnu = in_memory(m, value);
      break;
    default:
      break;
    }
  }
  s.count = plain != 0 ? count_plain(m, plain) : gnu != 0 ? count_gnu(m, gnu) : 0;
  return s;
}

/* ---- the symbol ---- */

/* Does the symbol's function hold the byte at that offset in the module? */
static bool holds(const Elf64_Sym *s, uint64_t offset) {
  unsigned type = ELF64_ST_TYPE(s->st_info);
  return (type == STT_FUNC || type == STT_GNU_IFUNC) && s->st_shndx != SHN_UNDEF &&
         offset - s->st_value < s->st_size;
}

/* Makes the characters of a name printable, and puts "..." for what has no room. */
static void name_cut(const char *raw, char name[EXPORTED_NAME_MAX]) {
  struct text t = {.bytes = name, .capacity = EXPORTED_NAME_MAX - 1};
  text_foreign(&t, raw, EXPORTED_NAME_MAX);
  if (t.full) {
    t = (struct text){.bytes = name, .capacity = EXPORTED_NAME_MAX - sizeof "..."};
    text_foreign(&t, raw, EXPORTED_NAME_MAX);
    t.capacity = EXPORTED_NAME_MAX - 1;
    text_str(&t, "...");
  }
  name[t.length] = '\0';
}

/* The symbol's name, printable and cut; false if it can't be read, or is empty. */
static bool read_name(const struct symbols *s, const Elf64_Sym *symbol,
                      char name[EXPORTED_NAME_MAX]) {
  char raw[EXPORTED_NAME_MAX + 1];
  if (symbol->st_name >= s->name_bytes)
    return false;
  size_t left = s->name_bytes - symbol->st_name;
  size_t bytes = left < sizeof raw ? left : sizeof raw;
  if (!copy(s->module, s->names + symbol->st_name, raw, bytes))
    return false;
  raw[bytes - 1] = '\0';
  name_cut(raw, name);
  return *raw != '\0';
}

/* The name of the function at that offset; "" if there is none.  Of several names it is the first
 * in the table, or, if that begins with an underscore, a later one that does not. */
static void find(const struct symbols *s, uint64_t offset, char name[EXPORTED_NAME_MAX]) {
  name[0] = '\0';
  for (uint64_t i = 0, n; i < s->count; i += n) {
    n = copy_some(s->module, s->table + i * sizeof(Elf64_Sym), sizeof(Elf64_Sym), s->count - i);
    if (n == 0)
      return;
    for (uint64_t k = 0; k < n; k++) {
      char other[EXPORTED_NAME_MAX];
      if (holds(&names.piece.symbols[k], offset) && read_name(s, &names.piece.symbols[k], other) &&
          (name[0] == '\0' || (name[0] == '_' && other[0] != '_')))
        memcpy(name, other, sizeof other);
    }
  }
}

const char *exported_name(const struct module *m, uintptr_t address) {
  struct answer *a = &names.answers[(address ^ address >> 9) % ANSWERS];
  if (a->module != m || a->life != m->life || a->address != address) {
    struct symbols *s = &names.symbols[(uintptr_t)m / sizeof *m % MODULES];
    if (s->module != m || s->life != m->life)
      *s = symbols_of(m);
    *a = (struct answer){.module = m, .life = m->life, .address = address};
    find(s, address - m->bias, a->name);
  }
  return a->name[0] != '\0' ? a->name : NULL;
}
