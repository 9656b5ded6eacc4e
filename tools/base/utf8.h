/* Text of any bytes as UTF-8, which JSON and protobuf ask for. */
#ifndef TOOLS_UTF8_H
#define TOOLS_UTF8_H

/* A copy in which each byte that is no part of a character is U+FFFD; the caller frees it. */
char *utf8_copy(const char *text);

#endif
