/* CRC-32 IEEE, as zlib's crc32: without its library, and a table made beforehand. */
#ifndef SHIM_CRC_H
#define SHIM_CRC_H

#include "base.h"

/* Of `bytes` bytes after those whose checksum is `crc` (0: none). */
hidden uint32_t crc_add(uint32_t crc, const void *p, size_t bytes);

#endif
