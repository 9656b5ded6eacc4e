/* Finds and copies pieces; contract in memory.h. */
#include "memory.h"
#include "process_memory.h"
#include "say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* No table is larger; what says so was overwritten. */
#define PIECE_MOST (UINT64_C(1) << 30)
#define TOTAL_MOST (UINT64_C(4) << 30)

bool memory_magic_fits(const unsigned char *bytes, size_t size) {
  return size >= 8 && memcmp(bytes, RECORD_MAGIC, 8) == 0;
}

/* ---- the pieces that a head names ---- */

/* Copies `bytes` bytes that are at `address`, or at `offset` of the file. */
typedef bool copy_function(void *from, const struct record_piece *p, unsigned char *to);

static void take_piece(struct memory *m, const struct record_piece *p, void *from,
                       copy_function *copy, uint64_t *total) {
  if (p->bytes == 0 || p->kind == RECORD_HEAD)
    return;
  *total += p->bytes;
  if (p->bytes > PIECE_MOST || *total > TOTAL_MOST || *total < p->bytes) {
    m->missing++;
    return;
  }
  struct memory_piece *to = &m->piece[m->pieces];
  *to = (struct memory_piece){p->kind, p->address, p->bytes, must_zalloc(1, p->bytes)};
  if (copy(from, p, to->at)) {
    m->pieces++;
  } else {
    m->missing++;
    free(to->at);
  }
}

/* The head was copied: is it one that can be read?  There are no pieces yet. */
static enum memory_answer begin(struct memory *m, uint64_t head_at) {
  m->head_at = head_at;
  m->piece = NULL;
  m->pieces = m->missing = 0;
  return m->head.major == RECORD_MAJOR ? MEMORY_READ : MEMORY_NEWER;
}

/* Copies the pieces of a kind; MEMORY_ANY: all. */
static void take_pieces(struct memory *m, uint32_t kind, void *from, copy_function *copy) {
  unsigned n = m->head.pieces < RECORD_PIECES_MAX ? m->head.pieces : RECORD_PIECES_MAX;
  uint64_t total = 0;
  m->piece = must_zalloc(n + 2, sizeof *m->piece); /* and the slabs' */
  for (unsigned i = 0; i < n; i++)
    if (kind == MEMORY_ANY || m->head.piece[i].kind == kind)
      take_piece(m, &m->head.piece[i], from, copy, &total);
}

void memory_free(struct memory *m) {
  for (unsigned i = 0; i < m->pieces; i++)
    free(m->piece[i].at);
  free(m->piece);
}

/* ---- a process ---- */

static bool copy_process(void *from, const struct record_piece *p, unsigned char *to) {
  return process_memory_read(from, p->address, to, p->bytes);
}

/* Bytes that tell a head, and how many pages' are read by one system call: the library's data has
 * thousands of pages, and attach searches them every few milliseconds. */
enum { MAGIC = 8, PAGES_AT_ONCE = 512 };

/* Copies the first bytes of pages from `at` on, up to the first that cannot be read.  Returns how
 * many pages those were, or -1 and errno. */
static ssize_t read_magics(pid_t pid, uint64_t at, size_t pages, unsigned char (*to)[MAGIC]) {
  struct iovec local = {to, pages * MAGIC}, remote[PAGES_AT_ONCE];
  for (size_t i = 0; i < pages; i++)
    remote[i] = (struct iovec){(void *)(uintptr_t)(at + i * RECORD_PAGE), MAGIC};
  ssize_t n = process_vm_readv(pid, &local, 1, remote, pages, 0);
  return n < 0 ? n : n / MAGIC;
}

/* Looks at each page from `at` on, all of which may have been touched. */
static enum memory_answer find_in_run(struct process_memory *from, uint64_t at, uint64_t end,
                                      struct memory *m) {
  unsigned char magic[PAGES_AT_ONCE][MAGIC];
  while (at < end) {
    uint64_t left = (end - at + RECORD_PAGE - 1) / RECORD_PAGE;
    ssize_t n = read_magics(from->pid, at, left < PAGES_AT_ONCE ? left : PAGES_AT_ONCE, magic);
    if (n < 0 && errno == EPERM)
      return MEMORY_FORBIDDEN;
    for (ssize_t i = 0; i < n; i++)
      if (memory_magic_fits(magic[i], MAGIC) &&
          process_memory_read(from, at + (uint64_t)i * RECORD_PAGE, &m->head, sizeof m->head))
        return begin(m, at + (uint64_t)i * RECORD_PAGE);
    at += (n > 0 ? (uint64_t)n : 1) * RECORD_PAGE; /* the page that could not be read is passed */
  }
  return MEMORY_NONE;
}

/* The head begins a page of the library's data, or of the file that took its place there. */
static enum memory_answer find_head(struct process_memory *from, uint64_t start, uint64_t end,
                                    struct memory *m) {
  enum memory_answer answer = MEMORY_NONE;
  from->pages.count = 0;
  for (uint64_t at = start, n; at < end && answer == MEMORY_NONE; at += n) {
    bool untouched;
    n = process_memory_run(from, at, end, &untouched);
    if (!untouched)
      answer = find_in_run(from, at, at + n, m);
  }
  return answer;
}

/* A line of /proc/PID/maps. */
struct mapping {
  unsigned long long start, end;
  char access[5];
  char path[256]; /* "": none */
};

static bool parse(const char *line, struct mapping *map) {
  map->path[0] = '\0';
  return sscanf(line, "%llx-%llx %4s %*s %*s %*s %255[^\n]", &map->start, &map->end, map->access,
                map->path) >= 3;
}

/* Looks into the library's mappings and those right behind them: its zero-initialized data has no
 * name. */
static enum memory_answer search_maps(FILE *maps, struct process_memory *from, struct memory *m) {
  char *line = NULL;
  size_t room = 0;
  unsigned long long behind = 0;
  enum memory_answer answer = MEMORY_NONE;
  while (answer == MEMORY_NONE && getline(&line, &room, maps) > 0) {
    struct mapping map;
    if (!parse(line, &map))
      continue;
    bool near = strstr(map.path, "arenashim") != NULL || (map.start == behind && behind != 0);
    if (near && map.access[0] == 'r' && map.access[1] == 'w')
      answer = find_head(from, map.start, map.end, m);
    behind = near ? map.end : 0;
  }
  free(line);
  return answer;
}

/* The rows of slabs, which are the allocator's own: no file has them. */
static void take_slabs(struct memory *m, struct process_memory *from) {
  struct record_process *p = &m->head.process;
  uint64_t span;
  if (p->span_at != 0 && process_memory_read(from, p->span_at, &span, sizeof span) &&
      span > p->span_bytes && span <= TOTAL_MOST * 64)
    p->span_bytes = span; /* the gauge is of the last slow path */
  if (p->slab_bytes == 0 || p->slabs_at == 0)
    return;
  struct record_piece rows = {.address = p->slabs_at,
                              .bytes = p->span_bytes / p->slab_bytes * sizeof(struct record_slab),
                              .kind = RECORD_SLABS};
  unsigned missing = m->missing;
  uint64_t total = 0;
  take_piece(m, &rows, from, copy_process, &total);
  m->missing = missing;
}

enum memory_answer memory_find(struct memory *m, pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
  FILE *maps = fopen(path, "re");
  if (maps == NULL)
    return errno == ENOENT || errno == ESRCH ? MEMORY_GONE : MEMORY_FORBIDDEN;
  struct process_memory from;
  process_memory_open(&from, pid);
  enum memory_answer answer = search_maps(maps, &from, m);
  process_memory_close(&from);
  fclose(maps);
  return answer;
}

/* The head was copied before: what its numbers lead to was touched by then. */
static void take_all(struct memory *m, pid_t pid, uint32_t kind) {
  struct process_memory from;
  process_memory_open(&from, pid);
  take_pieces(m, kind, &from, copy_process);
  if (kind == MEMORY_ANY)
    take_slabs(m, &from);
  process_memory_close(&from);
}

enum memory_answer memory_of_process(struct memory *m, pid_t pid, uint32_t kind) {
  enum memory_answer answer = memory_find(m, pid);
  if (answer == MEMORY_READ)
    take_all(m, pid, kind);
  return answer;
}

enum memory_answer memory_of_head(struct memory *m, pid_t pid, uint64_t head_at, uint32_t kind) {
  struct process_memory from = {.pid = pid};
  if (!process_memory_read(&from, head_at, &m->head, sizeof m->head))
    return errno == EPERM ? MEMORY_FORBIDDEN : MEMORY_GONE;
  if (!memory_magic_fits((unsigned char *)m->head.magic, MAGIC))
    return MEMORY_NONE;
  enum memory_answer answer = begin(m, head_at);
  if (answer == MEMORY_READ)
    take_all(m, pid, kind);
  return answer;
}

/* ---- a file ---- */

struct file_bytes {
  const unsigned char *at;
  size_t size;
};

static bool copy_file(void *file, const struct record_piece *p, unsigned char *to) {
  const struct file_bytes *f = file;
  if (p->offset == 0 || p->offset > f->size || p->bytes > f->size - p->offset)
    return false;
  memcpy(to, f->at + p->offset, p->bytes);
  return true;
}

enum memory_answer memory_of_file(struct memory *m, const unsigned char *bytes, size_t size) {
  struct file_bytes f = {bytes, size};
  if (size < sizeof m->head || !memory_magic_fits(bytes, size))
    return MEMORY_DAMAGED;
  memcpy(&m->head, bytes, sizeof m->head);
  if (begin(m, 0) != MEMORY_READ)
    return MEMORY_NEWER;
  take_pieces(m, MEMORY_ANY, &f, copy_file);
  return MEMORY_READ;
}

static bool copy_fd(void *fd, const struct record_piece *p, unsigned char *to) {
  return p->offset != 0 &&
         pread(*(const int *)fd, to, p->bytes, (off_t)p->offset) == (ssize_t)p->bytes;
}

enum memory_answer memory_head_of_fd(struct memory *m, int fd) {
  ssize_t n = pread(fd, &m->head, sizeof m->head, 0);
  if (n < 0)
    return MEMORY_FORBIDDEN;
  if ((size_t)n < sizeof m->head || !memory_magic_fits((unsigned char *)m->head.magic, MAGIC))
    return MEMORY_DAMAGED;
  return begin(m, 0);
}

enum memory_answer memory_of_fd(struct memory *m, int fd, uint32_t kind) {
  enum memory_answer answer = memory_head_of_fd(m, fd);
  if (answer == MEMORY_READ)
    take_pieces(m, kind, &fd, copy_fd);
  return answer;
}

/* ---- texts ---- */

const char *memory_text(const struct memory *m, uint64_t address, size_t most) {
  for (unsigned i = 0; i < m->pieces; i++) {
    const struct memory_piece *p = &m->piece[i];
    uint64_t at = address - p->address;
    if (p->kind != RECORD_TEXT || at >= p->bytes)
      continue;
    size_t room = p->bytes - at < most ? p->bytes - at : most;
    return memchr(p->at + at, '\0', room) != NULL ? (const char *)p->at + at : "";
  }
  return "";
}
