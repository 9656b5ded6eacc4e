/* Text into a fixed buffer.  Contract: text.h. */
#include "text.h"
#include "os.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

enum { DIGITS_MAX = 20 }; /* of 2^64 - 1 */

enum { PATIENCE_MS = 1000 }; /* a reader that takes no byte for that long has stopped */

void text_char(struct text *t, char c) {
  if (t->length < t->capacity)
    t->bytes[t->length++] = c;
  else
    t->full = true;
}

void text_str(struct text *t, const char *s) {
  for (; *s != '\0'; s++)
    text_char(t, *s);
}

static unsigned str_length(const char *s) {
  unsigned n = 0;
  while (s[n] != '\0')
    n++;
  return n;
}

/* Writes the digits of n at the end of the buffer; returns the first of them. */
static char *digits_of(uint64_t n, unsigned radix, char buffer[DIGITS_MAX + 1]) {
  char *p = buffer + DIGITS_MAX;
  *p = '\0';
  do {
    *--p = "0123456789abcdef"[n % radix];
    n /= radix;
  } while (n != 0);
  return p;
}

void text_u64(struct text *t, uint64_t n) { text_u64_right(t, n, 0); }

void text_hex(struct text *t, uint64_t n) {
  char buffer[DIGITS_MAX + 1];
  text_str(t, "0x");
  text_str(t, digits_of(n, 16, buffer));
}

void text_pad(struct text *t, unsigned have, unsigned want) {
  for (; have < want; have++)
    text_char(t, ' ');
}

void text_u64_right(struct text *t, uint64_t n, unsigned width) {
  char buffer[DIGITS_MAX + 1];
  text_str_right(t, digits_of(n, 10, buffer), width);
}

void text_str_right(struct text *t, const char *s, unsigned width) {
  text_pad(t, str_length(s), width);
  text_str(t, s);
}

void text_str_left(struct text *t, const char *s, unsigned width) {
  text_str(t, s);
  text_pad(t, str_length(s), width);
}

void text_size(struct text *t, uint64_t bytes) {
  unsigned unit = 0;
  for (; unit < 2 && bytes != 0 && bytes % 1024 == 0; unit++)
    bytes /= 1024;
  text_u64(t, bytes);
  if (unit > 0)
    text_char(t, "BKM"[unit]);
}

const char *text_base(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash != NULL ? slash + 1 : path;
}

/* After a write that took no byte: may the next one take some?  Waits until it may.  The time limit
 * is kept by the clock, since signals can end each wait early. */
static bool may_write_again(int fd, uint32_t since_ms) {
  if (errno == EINTR)
    return true;
  uint32_t waited = os_now_ms() - since_ms;
  if (errno != EAGAIN || waited >= PATIENCE_MS)
    return false;
  poll(&(struct pollfd){.fd = fd, .events = POLLOUT}, 1, (int)(PATIENCE_MS - waited));
  return true;
}

bool text_write(const struct text *t, int fd) {
  int saved = errno;
  uint32_t since_ms = os_now_ms();
  for (size_t done = 0; done < t->length;) {
    errno = EIO; /* for a write that takes no byte and gives no reason */
    ssize_t n = write(fd, t->bytes + done, t->length - done);
    if (n > 0) {
      done += (size_t)n;
      since_ms = os_now_ms();
    } else if (!may_write_again(fd, since_ms)) {
      return false;
    }
  }
  errno = saved;
  return true;
}
