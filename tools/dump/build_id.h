/* Build-ids: whether a file is of the build that ran.
 *
 * Read by ourselves: libdw takes none of fewer than three bytes, nor one that ends its section
 * without padding.
 */
#ifndef TOOLS_BUILD_ID_H
#define TOOLS_BUILD_ID_H

#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>

/* The build-id of a file, good while it is open; returns its bytes, 0: it has none. */
size_t build_id_of(Elf *elf, const unsigned char **id);

/* Whether a file's build-id is that of a dump's module, in hexadecimal ("" is no build-id). */
bool build_id_fits(Elf *elf, const char *hex);

/* The bytes of hexadecimal digits, at most `room`; returns how many, 0: they are none. */
size_t build_id_bytes(const char *hex, unsigned char *bytes, size_t room);

#endif
