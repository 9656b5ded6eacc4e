/* mem* and str* for our own tables and jemalloc's; the reason is in own_calls.h.
 *
 * They are short and simple.  Long copies, which are those of the program's objects, are made by
 * libc's functions: libc_memcpy and libc_memset.
 */
#include "own_calls.h"
#include "text.h"

#include <string.h>

/* jemalloc copies as much as that only for realloc, from one object of the program to another: then
 * it holds no lock. */
enum { OBJECT_BYTES = 4096 };

hidden void (*own_growth_hook)(size_t bytes);

static __attribute__((noinline)) void *copy_object(void *to, const void *from, size_t n) {
  if (unlikely(n >= OWN_COPY_NOTED && own_growth_hook != NULL))
    own_growth_hook(n);
  return libc_memcpy(to, from, n);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n) {
  if (n >= OBJECT_BYTES)
    return copy_object(to, from, n);
  cpu_copy(to, from, n);
  return to;
}

void *memset(void *to, int byte, size_t n) {
  cpu_fill(to, byte, n);
  return to;
}

void *memmove(void *to, const void *from, size_t n) {
  if ((uintptr_t)to - (uintptr_t)from >= n)
    cpu_copy(to, from, n);
  else
    while (n-- > 0)
      ((char *)to)[n] = ((const char *)from)[n];
  return to;
}

int memcmp(const void *a, const void *b, size_t n) {
  const unsigned char *x = a, *y = b;
  for (size_t i = 0; i < n; i++)
    if (x[i] != y[i])
      return x[i] - y[i];
  return 0;
}

void *memchr(const void *bytes, int byte, size_t n) {
  const unsigned char *at = bytes;
  for (; n > 0; n--, at++)
    if (*at == (unsigned char)byte)
      return (void *)(uintptr_t)at;
  return NULL;
}

size_t strnlen(const char *s, size_t most) {
  size_t n = 0;
  while (n < most && s[n] != '\0')
    n++;
  return n;
}
size_t strlen(const char *s) { return strnlen(s, SIZE_MAX); }

int strncmp(const char *a, const char *b, size_t n) {
  for (; n > 0; n--, a++, b++)
    if (*a != *b || *a == '\0')
      return (unsigned char)*a - (unsigned char)*b;
  return 0;
}
int strcmp(const char *a, const char *b) { return strncmp(a, b, SIZE_MAX); }

char *strchr(const char *s, int c) {
  for (; *s != (char)c; s++)
    if (*s == '\0')
      return NULL;
  return (char *)(uintptr_t)s;
}
char *strrchr(const char *s, int c) {
  const char *last = NULL;
  for (; (s = strchr(s, c)) != NULL && *s != '\0'; s++)
    last = s;
  return (char *)(uintptr_t)(c == '\0' ? s : last);
}

size_t strcspn(const char *s, const char *stop) {
  size_t n = 0;
  while (s[n] != '\0' && strchr(stop, s[n]) == NULL)
    n++;
  return n;
}

/* Writes "errno N": only jemalloc's messages need it. */
char *strerror_r(int error, char *to, size_t n) {
  struct text t = {.bytes = to, .capacity = n - 1};
  text_str(&t, "errno ");
  text_u64(&t, (uint64_t)error);
  to[t.length] = '\0';
  return to;
}

char *strcpy(char *restrict to, const char *restrict from) {
  return memcpy(to, from, strlen(from) + 1);
}
char *strncpy(char *restrict to, const char *restrict from, size_t n) {
  size_t length = strnlen(from, n);
  memcpy(to, from, length);
  memset(to + length, 0, n - length);
  return to;
}
