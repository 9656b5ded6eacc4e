/* A check that failed: one line, then abort. */
#include "check.h"
#include "text.h"

#include <stdlib.h>
#include <unistd.h>

void check_failed(const char *message) {
  char buffer[256];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: ");
  text_str(&t, message);
  text_char(&t, '\n');
  text_write(&t, STDERR_FILENO);
  abort();
}
