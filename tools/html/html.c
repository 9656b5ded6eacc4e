/* The flow of `arenashim html`, from the dump to the page; contract in html.h.
 *
 *   page.html up to its mark, the tables of data one after the other, the rest of page.html
 */
#include "html.h"
#include "dump_read.h"
#include "html_data.h"
#include "html_json.h"
#include "output.h"
#include "say.h"
#include "set.h"
#include "utf8.h"

#include <stdlib.h>
#include <string.h>

/* The page without data, as `make page` built it; the path is relative to the top directory. */
__asm__(".pushsection .rodata\n"
        ".globl html_page, html_page_end\n"
        "html_page: .incbin \"tools/page/page.html\"\n"
        "html_page_end: .byte 0\n"
        ".popsection\n");
extern const char html_page[], html_page_end[];

static const char mark[] = "<!-- the data of the dump -->";

/* By its place among the values in tools/page/data.js, which is the same as in enum sort. */
static void value_write(const struct html_options *o, FILE *to) {
  uint32_t value = o->value;
  static const struct column columns[] = {{"value", 0, sizeof value, false}, {0}};
  html_table(&(struct table_json){"first", columns, &value, sizeof value, 1, NULL}, NULL, to);
}

/* Where a section of the dump is lost, the page names it. */
static void html_write(const struct html_options *o, const struct dump *d, FILE *to) {
  const char *rest = strstr(html_page, mark);
  if (rest == NULL)
    abort();
  fwrite(html_page, 1, (size_t)(rest - html_page), to);
  value_write(o, to);
  html_data_write(d, &o->names, to);
  rest += sizeof mark - 1;
  fwrite(rest, 1, (size_t)(html_page_end - rest), to);
}

/* "-" is standard output, as it is for many commands. */
static int page_write(const struct html_options *o, const struct dump *d, const char *path) {
  struct output out;
  if (!sort_possible(d, o->file, o->value) ||
      !output_open_of(&out, strcmp(path, "-") == 0 ? NULL : path, &o->files, NULL))
    return 2;
  html_write(o, d, out.to);
  if (!output_close(&out, true))
    return 2;
  if (o->out == NULL) {
    utf8_print(path, stdout);
    puts(": open it in a browser");
  }
  return 0;
}

static int file_write(const struct html_options *o, const struct dump *d) {
  char *beside = o->files.is_set ? must_copy("merged.html") : must_print("%s.html", o->file);
  int status = page_write(o, d, o->out != NULL ? o->out : beside);
  free(beside);
  return status;
}

int html_command(int argc, char **argv) {
  struct html_options o;
  html_options_read(&o, argc, argv);
  size_t unread;
  struct dump *d = set_open(&o.files, dump_open, &unread);
  int status = d == NULL ? 2 : file_write(&o, d);
  dump_close(d);
  inputs_free(&o.files);
  fold_free(o.names.fold);
  return unread > 0 ? 2 : status;
}
