/* Tables; contract in table.h. */
#include "table.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CELL = 56, COLUMNS = 16, TEXT_MIN = 28, INDENT = 4 };

/* Cells are kept as strings one after the other, columns + 1 of them a row. */
struct table {
  unsigned columns; /* without the text */
  unsigned widths[COLUMNS];
  unsigned width; /* of the terminal, 0: none */
  unsigned cell;  /* column of the next cell */
  size_t used, room;
  char *cells;
};

static void cell_add(struct table *t, const char *words) {
  size_t bytes = strlen(words) + 1;
  if (t->room - t->used < bytes)
    t->cells = must_resize(t->cells, t->room = t->room * 2 + bytes + 4096, 1);
  memcpy(t->cells + t->used, words, bytes);
  t->used += bytes;
}

void table_words(struct table *t, const char *words) {
  cell_add(t, words);
  unsigned width = (unsigned)strlen(words);
  if (width > t->widths[t->cell])
    t->widths[t->cell] = width;
  t->cell++;
}

void table_text(struct table *t, const char *text) {
  cell_add(t, text);
  t->cell = 0;
}

struct table *table_new(const char *const titles[], unsigned width) {
  struct table *t = must_zalloc(1, sizeof *t);
  t->width = width;
  for (; titles[t->columns + 1] != NULL; t->columns++)
    table_words(t, titles[t->columns]);
  table_text(t, titles[t->columns]);
  return t;
}

void number_name(uint64_t value, bool exact, char name[24]) {
  static const char units[] = " KMGTPE";
  unsigned unit = 0;
  double scaled = (double)value;
  for (; scaled >= 9999.5 && unit < 6; unit++)
    scaled /= 1000;
  if (exact || unit == 0)
    snprintf(name, 24, "%llu", (unsigned long long)value);
  else
    snprintf(name, 24, "%.*f%c",
             scaled < 9.9995   ? 3
             : scaled < 99.995 ? 2
             : scaled < 999.95 ? 1
                               : 0,
             scaled, units[unit]);
}

void table_number(struct table *t, const char *mark, uint64_t value) {
  char name[24], cell[CELL];
  number_name(value, t->width == 0, name);
  snprintf(cell, sizeof cell, "%s%s", mark, name);
  table_words(t, cell);
}

void table_percent(struct table *t, uint64_t part, uint64_t whole) {
  char cell[CELL] = "-";
  if (whole > 0)
    snprintf(cell, sizeof cell, "%.1f%%", 100.0 * (double)part / (double)whole);
  table_words(t, cell);
}

void table_range(struct table *t, uint64_t low, uint64_t high) {
  char a[24], b[24], cell[CELL];
  number_name(low, t->width == 0, a);
  number_name(high, t->width == 0, b);
  if (low == high)
    snprintf(cell, sizeof cell, "%s", a);
  else
    snprintf(cell, sizeof cell, "%s..%s", a, b);
  table_words(t, cell);
}

/* What a text cut at `room` columns would cut inside a UTF-8 character is left out, too. */
static void text_print(const char *text, unsigned room, FILE *to) {
  size_t length = strlen(text);
  if (room == 0 || length <= room) {
    fputs(text, to);
    return;
  }
  size_t cut = room > 3 ? room - 3 : 0;
  while (cut > 0 && ((unsigned char)text[cut] & 0xC0) == 0x80)
    cut--;
  fprintf(to, "%.*s...", (int)cut, text);
}

/* Columns left of the text; each has two blanks after it. */
static unsigned left_width(const struct table *t) {
  unsigned sum = 0;
  for (unsigned i = 0; i < t->columns; i++)
    sum += t->widths[i] + 2;
  return sum;
}

/* Prints the row whose cells start there, and returns where the next one's do. */
static const char *row_print(const struct table *t, const char *cell, FILE *to) {
  unsigned left = left_width(t);
  bool apart = t->width > 0 && left + TEXT_MIN > t->width;
  for (unsigned i = 0; i < t->columns; i++, cell += strlen(cell) + 1)
    fprintf(to, "%*s%s", (int)t->widths[i], cell, i + 1 < t->columns || !apart ? "  " : "");
  if (apart)
    fprintf(to, "\n%*s", INDENT, "");
  text_print(cell, t->width == 0 ? 0 : apart ? t->width - INDENT : t->width - left, to);
  fputc('\n', to);
  return cell + strlen(cell) + 1;
}

void table_end(struct table *t, FILE *to) {
  for (const char *cell = t->cells; cell < t->cells + t->used;)
    cell = row_print(t, cell, to);
  free(t->cells);
  free(t);
}

unsigned table_width(FILE *to) {
  struct winsize size;
  int fd = fileno(to);
  if (fd < 0 || !isatty(fd))
    return 0;
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return 80;
  return size.ws_col < 40 ? 40 : size.ws_col;
}
