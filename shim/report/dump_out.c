/* Sections to a file; contract in dump_out.h. */
#include "dump_out.h"
#include "crc.h"
#include "text.h"

#include <errno.h>
#include <unistd.h>

void dump_out_start(struct dump_out *o, int fd, uint64_t offset) {
  o->fd = fd;
  o->failed = false;
  o->offset = offset;
  o->used = 0;
}

void dump_out_at(struct dump_out *o, uint64_t offset, const void *p, size_t bytes) {
  const char *at = p;
  while (bytes > 0 && !o->failed) {
    ssize_t n = pwrite(o->fd, at, bytes, (off_t)offset);
    if (n == 0)
      errno = EIO;
    o->failed = n == 0 || (n < 0 && errno != EINTR);
    if (n <= 0)
      continue;
    at += n;
    offset += (uint64_t)n;
    bytes -= (size_t)n;
  }
}

static void flush(struct dump_out *o) {
  o->section->crc = crc_add(o->section->crc, o->buffer, o->used);
  dump_out_at(o, o->offset, o->buffer, o->used);
  o->offset += o->used;
  o->used = 0;
}

void dump_section_begin(struct dump_out *o, struct dump_section *s, uint32_t id,
                        uint32_t item_bytes) {
  *s = (struct dump_section){.id = id, .item_bytes = item_bytes, .offset = o->offset};
  o->section = s;
}

void dump_section_end(struct dump_out *o) { flush(o); }

void *dump_item(struct dump_out *o) {
  uint32_t bytes = o->section->item_bytes;
  if (o->used + bytes > sizeof o->buffer)
    flush(o);
  void *item = o->buffer + o->used;
  o->used += bytes;
  o->section->items++;
  return item;
}

void dump_out_copy(struct dump_out *o, int to) {
  uint64_t offset = 0;
  while (!o->failed) {
    ssize_t n = pread(o->fd, o->buffer, sizeof o->buffer, (off_t)offset);
    if (n == 0)
      return;
    struct text t = {.bytes = o->buffer, .capacity = sizeof o->buffer, .length = (size_t)n};
    o->failed = n < 0 || !text_write(&t, to);
    offset += (uint64_t)n;
  }
}
