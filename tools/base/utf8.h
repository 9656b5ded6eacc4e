/* Text of any bytes: as UTF-8, which JSON and protobuf ask for, and as people may safely see it. */
#ifndef TOOLS_UTF8_H
#define TOOLS_UTF8_H

#include <stddef.h>
#include <stdio.h>

/* Bytes of the character that starts here, 1 to 4; 0: none does. */
size_t utf8_bytes(const char *text);

/* Text that others chose (names, labels, paths, arguments) as it is shown everywhere: printable
 * UTF-8.  What a terminal would obey, or what shows nothing or turns the order of its neighbours
 * around, is escaped, as \x1b (bytes) or \u202e (characters); a backslash stays one.  So the result
 * is for reading: the bytes can't be restored from it.  Text that was shown once stays
 * as it is.
 *
 *   C0, DEL, C1, soft hyphen, marks of direction, line and paragraph separators, zero-width and
 *   other invisible characters, tags, and every byte that is no part of a character
 */
enum { UTF8_SHOWN_MAX = 12 }; /* bytes that one character is shown in, with a NUL */

/* How the character or byte at text[0], which is not NUL, is shown; returns its bytes. */
size_t utf8_step(const char *text, char shown[UTF8_SHOWN_MAX]);

/* All of a text, as utf8_step shows it.  Allocates nothing. */
void utf8_print(const char *text, FILE *to);

#endif
