/* Makes the checksums of a changed dump right again, so that what stands behind them is tested. */
#ifndef TEST_TOOLS_SUMS_H
#define TEST_TOOLS_SUMS_H

#include "../../shim/dump_format.h"

#include <stdint.h>
#include <string.h>
#include <zlib.h>

static void sums_section(unsigned char *bytes, size_t size, size_t entry) {
  struct dump_section s;
  memcpy(&s, bytes + entry, sizeof s);
  if (s.items > size || s.offset > size || (s.item_bytes != 0 && s.items > size / s.item_bytes))
    return;
  uint64_t length = (s.items * s.item_bytes + 7) & ~UINT64_C(7);
  if (length > size - s.offset)
    return;
  s.crc = (uint32_t)crc32_z(0, bytes + s.offset, length);
  memcpy(bytes + entry, &s, sizeof s);
}

static void sums_mend(unsigned char *bytes, size_t size) {
  struct dump_header h;
  if (size < sizeof h)
    return;
  memcpy(&h, bytes, sizeof h);
  uint64_t table = (uint64_t)h.section_count * h.section_bytes;
  if (h.header_bytes < sizeof h || h.section_bytes < sizeof(struct dump_section) ||
      h.section_count > DUMP_SECTIONS_MAX || h.header_bytes + table > size)
    return;
  for (uint32_t i = 0; i < h.section_count; i++)
    sums_section(bytes, size, h.header_bytes + (size_t)i * h.section_bytes);
  h.crc = 0;
  memcpy(bytes, &h, sizeof h);
  h.crc = (uint32_t)crc32_z(0, bytes, h.header_bytes + table);
  memcpy(bytes, &h, sizeof h);
}

#endif
