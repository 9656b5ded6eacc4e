/* Fuzz target: any bytes as a dump, with their checksums as they are and with them mended. */
#include "../../tools/export.h"
#include "../../tools/report.h"
#include "../../tools/say.h"
#include "../tools/sums.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void report_all(const unsigned char *bytes, size_t size, FILE *null) {
  struct dump *d = dump_parse("fuzz", bytes, size);
  struct report_options o = {.file = "fuzz", .names.fold = fold_new(), .rows = 50};
  for (int by = BY_DEFAULT; d != NULL && by <= BY_MODULE; by++) {
    o.by = (enum report_by)by;
    o.sort = (enum sort)(size % 5);
    report_write(&o, d, null);
  }
  struct export_options e = {.file = "fuzz", .format = export_formats, .names = o.names};
  e.value = (enum export_value)(size % 5);
  for (; d != NULL && e.format->name != NULL; e.format++)
    export_write(&e, d, null);
  fold_free(o.names.fold);
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
