/* The resident memory by owner in a page; contract in html_memory.h. */
#include "html_memory.h"
#include "memory_words.h"
#include "say.h"

#include <stdlib.h>

/* In the order of the page: largest first. */
struct page_part {
  uint64_t bytes;
  uint32_t name, words;
};

/* A row of a part: one of the dump's mappings. */
struct page_row {
  uint32_t part; /* index in "memory" */
  uint32_t words;
  uint64_t bytes, mapped; /* resident and swapped; addresses */
};

enum { FEW = 10 /* rows of a part */ };

struct memory {
  const struct session *session;
  struct memory_parts parts;
  struct memory_makers makers;
  struct terms *strings;
  FILE *to;
};

static uint32_t text_add(struct terms *strings, char *text) {
  uint32_t number = terms_add(strings, text);
  free(text);
  return number;
}

/* The resident memory in lines, for the head of the page. */
static void lines_write(const struct memory *m) {
  static const struct column columns[] = {{"words", 0, sizeof(uint32_t), false}, {0}};
  char *lines = memory_lines(m->session->dump);
  uint32_t words = terms_add(m->strings, lines != NULL ? lines : "");
  html_table(&(struct table_json){"resident", columns, &words, sizeof words, 1, NULL}, m->strings,
             m->to);
  free(lines);
}

static size_t parts_write(const struct memory *m) {
  static const struct column columns[] = {
      COLUMN(page_part, bytes), COLUMN(page_part, name), COLUMN(page_part, words), {0}};
  struct page_part part[MEMORY_PARTS];
  const struct memory_parts *p = &m->parts;
  size_t count = 0;
  for (; count < MEMORY_PARTS && memory_part_bytes(p, p->order[count]) > 0; count++) {
    enum memory_part which = p->order[count];
    part[count] = (struct page_part){
        memory_part_bytes(p, which), terms_add(m->strings, memory_part_name(which)),
        text_add(m->strings, memory_sentence(p, which, &m->makers, false))};
  }
  html_table(&(struct table_json){"memory", columns, part, sizeof *part, count, NULL}, m->strings,
             m->to);
  return count;
}

/* Of each part the rows that have most. */
static size_t rows_of(const struct memory *m, struct page_row *rows, size_t parts) {
  size_t count = 0;
  for (uint32_t part = 0; part < parts; part++) {
    size_t n;
    uint32_t *of_part = memory_rows(&m->parts, m->parts.order[part], &n);
    for (size_t i = 0; i < n && i < FEW; i++) {
      const struct dump_mapping *d = &m->session->dump->mappings[of_part[i]];
      rows[count++] = (struct page_row){
          part, text_add(m->strings, memory_row_name(m->session->dump, m->session, d)),
          d->resident + d->swapped, d->mapped};
    }
    free(of_part);
  }
  return count;
}

static void rows_write(const struct memory *m, size_t parts) {
  static const struct column columns[] = {COLUMN(page_row, part),
                                          COLUMN(page_row, words),
                                          COLUMN(page_row, bytes),
                                          COLUMN(page_row, mapped),
                                          {0}};
  struct page_row rows[MEMORY_PARTS * FEW];
  html_table(&(struct table_json){"memory_rows", columns, rows, sizeof *rows,
                                  rows_of(m, rows, parts), NULL},
             m->strings, m->to);
}

void html_memory_write(const struct session *session, struct terms *strings, FILE *to) {
  struct memory m = {.session = session, .strings = strings, .to = to};
  bool known = memory_parts_new(&m.parts, session->dump);
  m.makers = memory_makers_of(session, false);
  lines_write(&m);
  rows_write(&m, parts_write(&m));
  memory_makers_free(&m.makers);
  if (known)
    memory_parts_free(&m.parts);
}
