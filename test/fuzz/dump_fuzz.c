/* Fuzz target: any bytes as a dump, with their checksums as they are and with them mended. */
#include "dump_read.h"
#include "say.h"
#include "../tools/sums.h"
#include "../tools/writers.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void report_all(const unsigned char *bytes, size_t size, FILE *null) {
  struct dump *d = dump_parse("fuzz", bytes, size);
  if (d != NULL)
    writers_all(d, (unsigned)size, WRITERS_VIEWS, null);
  dump_close(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
  static FILE *null;
  if (null == NULL)
    null = fopen("/dev/null", "w");
  say_to(NULL);
  unsigned char *copy = malloc(size > 0 ? size : 1);
  memcpy(copy, bytes, size);
  report_all(copy, size, null);
  sums_mend(copy, size);
  report_all(copy, size, null);
  free(copy);
  return 0;
}
