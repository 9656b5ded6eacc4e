/* Build-ids: whether a file is of the build that ran.
 *
 * Not read by libdw, which passes over one of fewer than three bytes, and one that ends its section
 * without padding.
 */
#ifndef TOOLS_BUILD_ID_H
#define TOOLS_BUILD_ID_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>

/* Whether a file's build-id is that of a dump's module, in hexadecimal ("" is no build-id). */
bool build_id_fits(Elf *elf, const char *hex);

/* Reads hexadecimal digits into at most `room` bytes; returns how many, 0: they are no digits. */
size_t build_id_bytes(const char *hex, unsigned char *bytes, size_t room);

#endif
