/* Opens and verifies dumps; contract in dump_read.h.
 *
 * The file is read, not mapped: another process may cut it while we look.
 */
#include "dump_read.h"
#include "dump_check.h"
#include "joints.h"
#include "memory.h"
#include "modules.h"
#include "record_file.h"
#include "say.h"
#include "shown.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

enum { READ_STEP = 1 << 20, TAIL_MOST = 1 << 20 };

struct bytes {
  const char *path;
  const unsigned char *at;
  size_t size;
  struct dump_header header;
};

/* Checksum of any size; `seed` is that of what stands before. */
static uint32_t checksum(uint32_t seed, const unsigned char *at, uint64_t size) {
  return (uint32_t)crc32_z(seed, at, size);
}

/* Whether a file that begins so may be a dump. */
static bool magic_fits(const unsigned char *at, size_t size) {
  size_t n = size < 8 ? size : 8;
  return n == 0 || memcmp(at, DUMP_MAGIC, n) == 0 || memcmp(at, RECORD_MAGIC, n) == 0;
}

static bool header_check_kind(struct bytes *b) {
  if (b->size == 0) {
    say_error("%s: the file is empty: the program may have ended before its dump was written",
              b->path);
  } else if (!magic_fits(b->at, b->size)) {
    say_error("%s: not a dump: `arenashim run PROGRAM` or ARENASHIM_DUMP=FILE makes one", b->path);
  } else if (b->size < sizeof b->header) {
    say_error("%s: cut short after %zu bytes, within its header: copy or make it again", b->path,
              b->size);
  } else {
    memcpy(&b->header, b->at, sizeof b->header);
    return true;
  }
  return false;
}

static bool header_check_version(const struct bytes *b) {
  if (b->header.major == DUMP_MAJOR)
    return true;
  say_error("%s: a dump of version %u.%u, and this command reads %u: use the arenashim command "
            "that belongs to the shim which wrote it",
            b->path, b->header.major, b->header.minor, DUMP_MAJOR);
  return false;
}

/* The bytes of the section table; 0: they can't be right. */
static uint64_t table_bytes(const struct dump_header *h) {
  bool right = h->header_bytes >= sizeof *h && h->header_bytes <= 1 << 16 &&
               h->section_bytes >= sizeof(struct dump_section) && h->section_bytes <= 1 << 16 &&
               h->section_count > 0 && h->section_count <= DUMP_SECTIONS_MAX;
  return right ? (uint64_t)h->section_bytes * h->section_count : 0;
}

static uint32_t header_checksum(const struct bytes *b, uint64_t table) {
  struct dump_header h = b->header;
  h.crc = 0;
  uint32_t crc = checksum(0, (const unsigned char *)&h, sizeof h);
  return checksum(crc, b->at + sizeof h, h.header_bytes - sizeof h + table);
}

static bool header_check_whole(const struct bytes *b) {
  uint64_t table = table_bytes(&b->header);
  if (table != 0 && b->header.header_bytes + table > b->size)
    say_error("%s: cut short after %zu bytes, within its header: copy or make it again", b->path,
              b->size);
  else if (table == 0 || header_checksum(b, table) != b->header.crc)
    say_error("%s: its header is damaged: copy or make it again", b->path);
  else
    return true;
  return false;
}

static struct dump_section section_at(const struct bytes *b, uint32_t i) {
  struct dump_section s;
  memcpy(&s, b->at + b->header.header_bytes + (uint64_t)i * b->header.section_bytes, sizeof s);
  return s;
}

static bool section_find(const struct bytes *b, uint32_t id, struct dump_section *s) {
  for (uint32_t i = 0; i < b->header.section_count; i++) {
    *s = section_at(b, i);
    if (s->id == id)
      return true;
  }
  return false;
}

/* What an item has in version 1.0 at the least; fields after that read as zero where a file has
 * none. */
static size_t item_least(uint32_t id, size_t item_bytes) {
  return id == DUMP_PROCESS    ? offsetof(struct dump_process, start_ns)
         : id == DUMP_ACCOUNTS ? offsetof(struct dump_account, lives)
         : id == DUMP_SITES    ? offsetof(struct dump_site, resident_bytes)
                               : item_bytes;
}

/* NULL when the section is whole, else what is wrong with it. */
static const char *section_fault(const struct bytes *b, const struct dump_section *s,
                                 size_t item_bytes) {
  if (s->item_bytes < item_least(s->id, item_bytes) || s->items >= UINT32_MAX ||
      s->offset % DUMP_ALIGN != 0)
    return "damaged";
  uint64_t bytes = (s->items * s->item_bytes + 7) & ~UINT64_C(7);
  if (bytes == 0) /* of what is empty nothing can be cut off */
    return s->crc == 0 ? NULL : "damaged";
  if (s->offset > b->size || bytes > b->size - s->offset)
    return "cut off";
  return checksum(0, b->at + s->offset, bytes) == s->crc ? NULL : "damaged";
}

/* Was that section added by a minor version after the file's? */
static bool section_is_newer(const struct bytes *b, uint32_t id) {
  return (id > DUMP_NODES && b->header.minor < 2) || (id > DUMP_EVENTS && b->header.minor < 3);
}

/* A copy of a section's items, with an item of zeros after them for the reader's own use; never
 * NULL.  Newer items may be larger: their known prefix is taken; older ones smaller. */
static void *section_copy(const struct bytes *b, uint32_t id, const char *name, size_t item_bytes,
                          uint32_t *count, bool *whole) {
  struct dump_section s = {0};
  const char *fault = section_find(b, id, &s) ? section_fault(b, &s, item_bytes) : "missing";
  *whole = fault == NULL;
  *count = *whole ? (uint32_t)s.items : 0;
  if (!*whole && section_is_newer(b, id))
    *whole = true;
  else if (!*whole)
    say_warning("%s: its section \"%s\" is %s: what follows is without it", b->path, name, fault);
  char *items = must_zalloc((size_t)*count + 1, item_bytes);
  for (size_t i = 0; i < *count; i++)
    memcpy(items + i * item_bytes, b->at + s.offset + i * s.item_bytes,
           s.item_bytes < item_bytes ? s.item_bytes : item_bytes);
  return items;
}

static void tables_read(struct dump *d, const struct bytes *b) {
  d->strings = section_copy(b, DUMP_STRINGS, "strings", 1, &d->n_strings, &d->has_strings);
#define LOAD(field, type, id, name)                                                                \
  d->field = section_copy(b, id, name, sizeof(struct type), &d->n_##field, &d->has_##field);
  DUMP_TABLES(LOAD)
#undef LOAD
  d->process = d->processes; /* the spare item when there is none */
}

struct dump *dump_parse(const char *path, const unsigned char *bytes, size_t size) {
  struct bytes b = {.path = path, .at = bytes, .size = size};
  if (!header_check_kind(&b) || !header_check_version(&b) || !header_check_whole(&b))
    return NULL;
  if (b.header.file_bytes > size)
    say_warning("%s: cut short: %zu of %llu bytes are there", path, size,
                (unsigned long long)b.header.file_bytes);
  else if (b.header.file_bytes < size)
    say_warning("%s: %llu bytes %safter its end are not read", path,
                (unsigned long long)(size - b.header.file_bytes),
                size - b.header.file_bytes > TAIL_MOST ? "and more " : "");
  struct dump *d = must_zalloc(1, sizeof *d);
  tables_read(d, &b);
  dump_check(d, path);
  joints_unfold(d);
  shown_make(d);
  modules_merge(d);
  return d;
}

/* Whether what stands behind a dump's end has been read, too: a file may be as long as somebody
 * wants. */
static bool is_past_end(const unsigned char *at, size_t size) {
  struct dump_header h;
  if (size < sizeof h || memory_magic_fits(at, size))
    return false;
  memcpy(&h, at, sizeof h);
  return size > h.file_bytes && size - h.file_bytes > TAIL_MOST;
}

/* All of it; of what is no dump, and may be endless, no more than shows that. */
static unsigned char *read_all(int fd, size_t *size) {
  size_t room = 0;
  unsigned char *bytes = NULL;
  ssize_t n = 1;
  for (*size = 0; n != 0 && magic_fits(bytes, *size) && !is_past_end(bytes, *size);
       *size += n > 0 ? (size_t)n : 0) {
    if (*size == room)
      bytes = must_resize(bytes, room = room * 2 + READ_STEP, 1);
    n = read(fd, bytes + *size, room - *size);
    if (n < 0 && errno != EINTR) {
      free(bytes);
      return NULL;
    }
  }
  return bytes;
}

static void say_unreadable(const char *path, int why) {
  const char *advice = "name the file that `arenashim run` or ARENASHIM_DUMP made";
  if (why == EISDIR)
    advice = "name one of the dumps in it, NAME.PID.dump";
  else if (why == EACCES)
    advice = "only its owner and root can, where the directory belongs to others";
  say_error("%s: can't be read: %s: %s", path, strerror(why), advice);
}

static struct dump *parse_image(const char *path, unsigned char *image, size_t n) {
  struct dump *d = image != NULL ? dump_parse(path, image, n) : NULL;
  free(image);
  return d;
}

static struct dump *parse_record(const char *path, const unsigned char *bytes, size_t size,
                                 const struct stat *s) {
  size_t n = 0;
  unsigned char *image = record_file_image(path, bytes, size, s, NULL, &n);
  return parse_image(path, image, n);
}

/* Not of a pipe, of which all must be read. */
static bool is_record_file(int fd) {
  unsigned char magic[16];
  ssize_t n = pread(fd, magic, sizeof magic, 0);
  return n > 0 && memory_magic_fits(magic, (size_t)n);
}

/* A record is read in its pieces, however long the file is. */
static struct dump *read_record(const char *path, int fd) {
  size_t n = 0;
  unsigned char *image = record_file_read(path, fd, &n);
  return parse_image(path, image, n);
}

static struct dump *read_any(const char *path, int fd) {
  struct stat s = {0};
  size_t size = 0;
  unsigned char *bytes = read_all(fd, &size);
  if (bytes == NULL) {
    say_unreadable(path, errno);
    return NULL;
  }
  fstat(fd, &s);
  struct dump *d = memory_magic_fits(bytes, size) ? parse_record(path, bytes, size, &s)
                                                  : dump_parse(path, bytes, size);
  free(bytes);
  return d;
}

struct dump *dump_open(const char *path) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    say_unreadable(path, errno);
    return NULL;
  }
  struct dump *d = is_record_file(fd) ? read_record(path, fd) : read_any(path, fd);
  close(fd);
  return d;
}
