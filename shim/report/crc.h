/* CRC-32 IEEE, as zlib's crc32, without a library inside the process. */
#ifndef SHIM_CRC_H
#define SHIM_CRC_H

#include "base.h"

/* Returns the checksum of n bytes that follow those whose checksum is `crc` (0: none precede).  Any
 * thread, signal handlers too. */
hidden uint32_t crc_add(uint32_t crc, const void *p, size_t n);

#endif
