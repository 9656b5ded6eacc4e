/* Maps the pieces of the record and moves them into its file.  Contract: pieces.h. */
#include "pieces.h"
#include "os.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { RECORD_MAJOR = 1, RECORD_MINOR = 2 };

/* The file grows in such steps; the first two hold a small program. */
enum { FILE_STEP = 256 << 10, SEGMENT_BYTES = 64 << 10, SEGMENT_BYTES_MAX = 8 << 20 };

hidden _Alignas(PAGE_BYTES) struct pieces_head pieces_head;
hidden int (*pieces_open_file)(void);

/* What the process needs of its pieces for itself: never read from the file. */
struct own {
  char *address;
  size_t bytes;
  uint64_t offset;
  enum piece_kind kind;
  bool shared;
  char *copy;           /* in a fork */
  _Atomic size_t taken; /* by piece_take */
};

static struct {
  struct own piece[PIECES_MAX];
  _Atomic uint32_t count;
  _Atomic(struct own *) segment[PIECE_KINDS]; /* the newest, from which piece_take takes */
  _Atomic uint64_t end;                       /* where the file's next piece begins */
  _Atomic uint64_t room;                      /* bytes of the file that have blocks */
  _Atomic uint64_t item_bytes;
  _Atomic unsigned lost;
  bool in_file;
} own;

/* A system call that keeps errno; 0 or more, or the negative errno value. */
#define CALL(number, a, b, c, d)                                                                   \
  cpu_syscall(number, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

/* ---- the file ---- */

/* A file that grows beyond the process's limit raises a signal that ends the program, so it is not
 * tried. */
static bool is_beyond_limit(uint64_t bytes) {
  struct rlimit limit = {0};
  return CALL(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) == 0 && bytes > limit.rlim_cur;
}

/* Threads raise a number in any order. */
static void raise_to(_Atomic uint64_t *number, uint64_t to) {
  uint64_t have = atomic_load_explicit(number, memory_order_relaxed);
  while (have < to && !atomic_compare_exchange_weak(number, &have, to))
    ;
}

/* For file systems that have no fallocate. */
static int file_write_zeros(int fd, uint64_t from, uint64_t end) {
  static const char zeros[PAGE_BYTES];
  for (uint64_t at = from; at < end; at += PAGE_BYTES) {
    long r = CALL(SYS_pwrite64, fd, zeros, PAGE_BYTES, at);
    if (r != PAGE_BYTES)
      return r < 0 ? (int)-r : ENOSPC;
  }
  raise_to(&pieces_head.file_bytes, end);
  return 0;
}

/* Gives the file blocks for from..end, which are the caller's, so that writing into a mapping of
 * them cannot fail.  Zeros are written to no more than that: what is behind it may be a piece that
 * another thread writes into already. */
static int file_extend(int fd, uint64_t from, uint64_t end) {
  uint64_t have = count_get(&own.room), want = round_up(end, (uint64_t)FILE_STEP);
  if (end <= have)
    return 0;
  if (is_beyond_limit(want))
    return EFBIG;
  long r = CALL(SYS_fallocate, fd, 0, have, want - have);
  if (r == -EOPNOTSUPP || r == -ENOSYS)
    return file_write_zeros(fd, from, end);
  if (r != 0)
    return (int)-r;
  raise_to(&own.room, want);
  raise_to(&pieces_head.file_bytes, want);
  return 0;
}

static bool file_map(int fd, struct own *p) {
  return cpu_syscall(SYS_mmap, (long)p->address, (long)p->bytes, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_FIXED, fd, (long)p->offset) == (long)p->address;
}

/* Puts a new piece, which is still zero, into the file.  It counts as shared before it is: the
 * child of a fork that comes in between makes it private. */
static void file_add(struct own *p) {
  int fd = pieces_open_file();
  p->offset = atomic_fetch_add(&own.end, p->bytes);
  p->shared = fd >= 0 && file_extend(fd, p->offset, p->offset + p->bytes) == 0;
  atomic_signal_fence(memory_order_seq_cst);
  if (p->shared && !file_map(fd, p))
    p->shared = false;
  int saved = errno;
  if (fd >= 0)
    close(fd);
  errno = saved;
  if (!p->shared)
    atomic_fetch_add(&pieces_head.private_pieces, 1);
}

/* ---- the directory ---- */

static struct own *slot_new(void) {
  uint32_t i = atomic_fetch_add(&own.count, 1);
  if (i < PIECES_MAX)
    return &own.piece[i];
  atomic_fetch_sub(&own.count, 1);
  return NULL;
}

/* Shows the piece to readers. */
static void publish(const struct own *p) {
  uint32_t number = (uint32_t)(p - own.piece), have = atomic_load(&pieces_head.pieces);
  struct piece *to = &pieces_head.piece[number];
  to->address = (uintptr_t)p->address;
  to->offset = p->shared ? p->offset : 0;
  to->kind = p->kind;
  atomic_store_explicit(&to->bytes, p->bytes, memory_order_release);
  while (have <= number && !atomic_compare_exchange_weak(&pieces_head.pieces, &have, number + 1))
    ;
}

static struct own *piece_add(enum piece_kind kind, char *address, size_t bytes) {
  struct own *p = slot_new();
  if (p == NULL)
    return NULL;
  p->address = address;
  p->kind = kind;
  atomic_signal_fence(memory_order_seq_cst); /* a fork finds a piece with bytes whole */
  p->bytes = bytes;
  if (own.in_file)
    file_add(p);
  publish(p);
  return p;
}

void pieces_setup(void) {
  pieces_head.major = RECORD_MAJOR;
  pieces_head.minor = RECORD_MINOR;
  pieces_head.head_bytes = sizeof pieces_head;
  piece_add(PIECE_HEAD, (char *)&pieces_head, sizeof pieces_head);
  static const char magic[8] = PIECES_MAGIC;
  __atomic_store_n((uint64_t *)pieces_head.magic, *(const uint64_t *)magic, __ATOMIC_RELEASE);
}

/* A piece anywhere; NULL if the system refuses, or if the directory is full. */
static struct own *piece_map(enum piece_kind kind, size_t bytes) {
  char *at = os_map(bytes);
  struct own *p = at == NULL ? NULL : piece_add(kind, at, bytes);
  if (p == NULL && at != NULL)
    os_unmap(at, bytes);
  if (p != NULL)
    atomic_fetch_add(&own.item_bytes, bytes);
  return p;
}

bool piece_map_at(enum piece_kind kind, void *address, size_t bytes) {
  if (!os_map_at(address, bytes))
    return false;
  if (piece_add(kind, address, bytes) != NULL)
    return true;
  os_unmap(address, bytes);
  return false;
}

bool piece_show(enum piece_kind kind, void *address, size_t bytes) {
  return piece_add(kind, address, bytes) != NULL;
}

/* ---- items ---- */

uint64_t pieces_item_bytes(void) { return count_get(&own.item_bytes); }

/* A segment after `full` (NULL: the first), twice as large.  If another thread has added one, it
 * is that, and ours stays unused. */
static struct own *segment_add(enum piece_kind kind, struct own *full) {
  size_t bytes = full == NULL ? SEGMENT_BYTES : full->bytes * 2;
  if (bytes > SEGMENT_BYTES_MAX)
    bytes = SEGMENT_BYTES_MAX;
  struct own *fresh = piece_map(kind, bytes);
  if (fresh == NULL)
    return NULL;
  return atomic_compare_exchange_strong(&own.segment[kind], &full, fresh) ? fresh : full;
}

void *piece_take(enum piece_kind kind, size_t bytes) {
  struct own *s = atomic_load_explicit(&own.segment[kind], memory_order_acquire);
  while (s != NULL || (s = segment_add(kind, NULL)) != NULL) {
    size_t at = atomic_fetch_add_explicit(&s->taken, bytes, memory_order_relaxed);
    if (at + bytes <= s->bytes)
      return s->address + at;
    s = segment_add(kind, s);
    if (s == NULL)
      break;
  }
  return NULL;
}

/* ---- into the file and out of it ---- */

static unsigned pieces_count(void) {
  uint32_t n = atomic_load_explicit(&own.count, memory_order_acquire);
  return n < PIECES_MAX ? n : PIECES_MAX;
}

static bool is_zero(const char *page) {
  const uint64_t *word = (const uint64_t *)page;
  for (size_t i = 0; i < PAGE_BYTES / sizeof *word; i++)
    if (word[i] != 0)
      return false;
  return true;
}

/* Writes what a piece holds, and maps the file in its place.  Its zeros are in the file already:
 * most pages of a program's start are zero, and each that is written costs microseconds.  A thread
 * that vanished in a fork may have left a piece without memory. */
static int move_in(int fd, struct own *p) {
  if (p->bytes == 0)
    return 0;
  for (size_t at = 0; at < p->bytes; at += PAGE_BYTES) {
    if (is_zero(p->address + at))
      continue;
    long r = CALL(SYS_pwrite64, fd, p->address + at, PAGE_BYTES, p->offset + at);
    if (r != PAGE_BYTES)
      return r < 0 ? (int)-r : ENOSPC;
  }
  p->shared = file_map(fd, p);
  return p->shared ? 0 : ENOMEM;
}

static void place_all(void) {
  atomic_store(&own.end, 0);
  atomic_store(&own.room, 0);
  for (unsigned i = 0; i < pieces_count(); i++) {
    struct own *p = &own.piece[i];
    p->offset = own.end;
    own.end += p->bytes;
    pieces_head.piece[i].offset = p->offset;
  }
}

int pieces_to_file(int fd) {
  place_all();
  int error = file_extend(fd, 0, own.end);
  for (unsigned i = 0; i < pieces_count() && error == 0; i++)
    error = move_in(fd, &own.piece[i]);
  if (error != 0)
    pieces_leave_file(false);
  own.in_file = error == 0;
  return error;
}

static void place_zeros(const struct own *p) {
  cpu_syscall(SYS_mmap, (long)p->address, (long)p->bytes, PROT_READ | PROT_WRITE,
              MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

static bool place_copy(const struct own *p, char *copy) {
  return !os_forbids(OS_MREMAP) &&
         cpu_syscall(SYS_mremap, (long)copy, (long)p->bytes, (long)p->bytes,
                     MREMAP_MAYMOVE | MREMAP_FIXED, (long)p->address, 0) == (long)p->address;
}

/* Puts private memory with what the piece holds in its place, in one step for other threads. */
static void move_out(struct own *p, bool lost) {
  char *copy = p->copy != NULL ? p->copy : os_map(p->bytes);
  if (copy != NULL && p->copy == NULL && !lost)
    memcpy(copy, p->address, p->bytes);
  p->copy = NULL;
  if (copy == NULL) /* zeros, which need no second mapping meanwhile */
    place_zeros(p);
  else if (place_copy(p, copy))
    os_mapped_add(-(int64_t)p->bytes);
  else { /* a sandbox forbids it: two steps, which a child that is alone can take */
    place_zeros(p);
    memcpy(p->address, copy, p->bytes);
    os_unmap(copy, p->bytes);
  }
  p->shared = false;
}

void pieces_leave_file(bool lost) {
  own.in_file = false;
  own.lost += lost;
  for (unsigned i = 0; i < pieces_count(); i++)
    if (own.piece[i].shared)
      move_out(&own.piece[i], lost);
  atomic_store(&pieces_head.file_bytes, 0);
}

unsigned pieces_lost(void) { return atomic_load_explicit(&own.lost, memory_order_relaxed); }

bool pieces_hold(uintptr_t address) {
  for (unsigned i = 0; i < pieces_count(); i++)
    if (own.piece[i].shared && address - (uintptr_t)own.piece[i].address < own.piece[i].bytes)
      return true;
  return false;
}

/* ---- forks ---- */

void pieces_fork_prepare(void) {
  for (unsigned i = 0; own.in_file && i < pieces_count(); i++) {
    struct own *p = &own.piece[i];
    p->copy = p->shared ? os_map(p->bytes) : NULL;
    if (p->copy != NULL)
      memcpy(p->copy, p->address, p->bytes);
  }
}

void pieces_fork_parent(void) {
  for (unsigned i = 0; own.in_file && i < pieces_count(); i++) {
    struct own *p = &own.piece[i];
    if (p->copy != NULL)
      os_unmap(p->copy, p->bytes);
    p->copy = NULL;
  }
}

/* A piece that another thread added after pieces_fork_prepare has no copy: it was copied from the
 * parent's, which may have items by now that this process did not take. */
static void forget_later_items(const struct own *p) {
  size_t taken = atomic_load(&p->taken);
  if (taken != 0 && taken < p->bytes)
    memset(p->address + taken, 0, p->bytes - taken);
}

bool pieces_fork_child(void) {
  if (!own.in_file)
    return false;
  pieces_leave_file(false);
  for (unsigned i = 0; i < pieces_count(); i++)
    if (own.piece[i].bytes != 0 && pieces_head.piece[i].bytes == 0) {
      forget_later_items(&own.piece[i]);
      publish(&own.piece[i]);
    }
  return true;
}
