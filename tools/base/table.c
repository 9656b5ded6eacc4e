/* Tables; contract in table.h. */
#include "table.h"
#include "fit.h"
#include "heat.h"
#include "say.h"
#include "text.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { CELL = 80, COLUMNS = 16, TEXT_MIN = 28, HEART_MAX = 60, INDENT = 4 };

/* Cells are kept as strings one after the other, columns + 2 of them a row: its heat comes last. */
struct table {
  unsigned columns; /* without the text */
  unsigned widths[COLUMNS];
  bool hidden[COLUMNS];     /* columns that are left out */
  const char *const *spare; /* the titles of those that may be, the first to go first; or NULL */
  bool chosen;              /* which are left out is decided */
  bool below;               /* texts stand below their numbers */
  bool exact;               /* numbers have all their digits */
  unsigned width;           /* of the terminal, 0: none */
  unsigned cell;            /* column of the next cell */
  unsigned text;  /* what one of the texts needs: its heart, or TEXT_MIN if it is longer */
  enum heat heat; /* of the row that is being filled */
  bool colours;
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

static unsigned least(unsigned a, unsigned b) { return a < b ? a : b; }

/* What a text wants beside the numbers; with less room it goes below them. */
static unsigned text_needed(const char *text) {
  size_t length = strcspn(text, "\n");
  unsigned needed = least(fit_columns(text, length), TEXT_MIN);
  for (;; text += length + 1, length = strcspn(text, "\n")) {
    unsigned heart = least(fit_heart(text, length), HEART_MAX);
    if (heart > needed)
      needed = heart;
    if (text[length] == '\0')
      return needed;
  }
}

void table_text(struct table *t, const char *text) {
  char heat[2] = {(char)t->heat, '\0'};
  unsigned needed = text_needed(text);
  if (needed > t->text)
    t->text = needed;
  cell_add(t, text);
  cell_add(t, heat);
  t->cell = 0;
  t->heat = HEAT_NONE;
}

void table_heat(struct table *t, uint64_t part, uint64_t whole) { t->heat = heat_of(part, whole); }

bool table_boxes(unsigned width) { return width > 0 && strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

struct table *table_new(const char *const titles[], unsigned width) {
  struct table *t = must_zalloc(1, sizeof *t);
  t->width = width;
  t->exact = width == 0;
  t->colours = heat_wanted(width);
  t->heat = HEAT_TITLE;
  for (; titles[t->columns + 1] != NULL; t->columns++)
    table_words(t, titles[t->columns]);
  table_text(t, titles[t->columns]);
  return t;
}

void table_exact(struct table *t) { t->exact = true; }
void table_spare(struct table *t, const char *const titles[]) { t->spare = titles; }

void table_number(struct table *t, enum unit unit, const char *mark, uint64_t value) {
  char name[UNITS_MAX], cell[CELL];
  units_name(value, unit, t->exact, name);
  snprintf(cell, sizeof cell, "%s%s", mark, name);
  table_words(t, cell);
}

void table_change(struct table *t, enum unit unit, const char *mark, uint64_t from, uint64_t to) {
  const char *sign = to > from ? "+" : to < from ? "-" : "";
  char name[UNITS_MAX], cell[CELL];
  units_name(to > from ? to - from : from - to, unit, t->exact, name);
  snprintf(cell, sizeof cell, "%s%s%s", mark, sign, name);
  table_words(t, cell);
}

void table_growth(struct table *t, uint64_t from, uint64_t to) {
  char name[UNITS_MAX], cell[CELL];
  units_percent(to > from ? to - from : from - to, from, name);
  snprintf(cell, sizeof cell, "%s%s", from == 0 ? "" : to < from ? "-" : "+", name);
  table_words(t, cell);
}

void table_percent(struct table *t, uint64_t part, uint64_t whole) {
  char name[UNITS_MAX];
  units_percent(part, whole, name);
  table_words(t, name);
}

void table_range(struct table *t, uint64_t low, uint64_t high) {
  char a[UNITS_MAX], b[UNITS_MAX], cell[CELL];
  units_name(low, UNIT_BYTES, t->exact, a);
  units_name(high, UNIT_BYTES, t->exact, b);
  if (low == high)
    snprintf(cell, sizeof cell, "%s", a);
  else
    snprintf(cell, sizeof cell, "%s..%s", a, b);
  table_words(t, cell);
}

/* Its lines, each after the first below the first one's start. */
static void text_print(const char *text, unsigned start, unsigned room, FILE *to) {
  size_t length = strcspn(text, "\n");
  fit_print(text, length, room, to);
  for (text += length; *text == '\n'; text += length) {
    text++;
    length = strcspn(text, "\n");
    fprintf(to, "\n%*s", (int)start, "");
    fit_print(text, length, room, to);
  }
}

void lines_fit(const char *text, unsigned width, FILE *to) { text_print(text, 0, width, to); }

/* What the numbers that are shown fill, with the gaps between them. */
static unsigned numbers_width(const struct table *t) {
  unsigned width = 0;
  for (unsigned i = 0; i < t->columns; i++)
    if (!t->hidden[i])
      width += t->widths[i] + (width > 0 ? 2 : 0);
  return width;
}

static void title_hide(struct table *t, const char *title) {
  const char *cell = t->cells;
  for (unsigned i = 0; i < t->columns; i++, cell += strlen(cell) + 1)
    t->hidden[i] |= strcmp(cell, title) == 0;
}

/* Leaves columns out until the numbers and so much beside them fit; false: they never do. */
static bool columns_hide(struct table *t, unsigned beside) {
  memset(t->hidden, 0, sizeof t->hidden);
  for (const char *const *spare = t->spare; numbers_width(t) + beside > t->width; spare++) {
    if (spare == NULL || *spare == NULL)
      return false;
    title_hide(t, *spare);
  }
  return true;
}

/* A row has one line if that is possible without some columns; else its text goes below, and then
 * there is more room for numbers. */
static void columns_choose(struct table *t) {
  if (t->chosen || t->width == 0)
    return;
  t->chosen = true;
  t->below = t->columns > 0 && !columns_hide(t, 2 + t->text);
  if (t->below)
    columns_hide(t, 0);
}

char *table_dropped(struct table *t) {
  struct text text;
  FILE *to = text_start(&text);
  const char *comma = "", *cell = t->cells;
  columns_choose(t);
  for (unsigned i = 0; i < t->columns; i++, cell += strlen(cell) + 1)
    if (t->hidden[i]) {
      fprintf(to, "%s%s", comma, cell);
      comma = ", ";
    }
  return text_end(to, &text);
}

/* Goes on two columns further right, or in the next line. */
static unsigned gap_print(unsigned at, bool below, FILE *to) {
  fprintf(to, "%s%*s", below ? "\n" : "", below ? INDENT : 2, "");
  return below ? INDENT : at + 2;
}

/* The cells before the text; returns the text's column. */
static unsigned numbers_print(const struct table *t, const char **cell, FILE *to) {
  unsigned at = 0;
  for (unsigned i = 0; i < t->columns; i++, *cell += strlen(*cell) + 1) {
    if (t->hidden[i])
      continue;
    if (at > 0)
      at = gap_print(at, t->width > 0 && at + 2 + t->widths[i] > t->width, to);
    fprintf(to, "%*s", (int)t->widths[i], *cell);
    at += t->widths[i];
  }
  return t->columns > 0 ? gap_print(at, t->below && at + 2 + t->text > t->width, to) : 0;
}

/* The heat of the row whose cells start there. */
static enum heat row_heat(const struct table *t, const char *cell) {
  for (unsigned i = 0; i < t->columns + 1; i++)
    cell += strlen(cell) + 1;
  return (enum heat) * cell;
}

/* Prints the row whose cells start there, and returns where the next one's do. */
static const char *row_print(const struct table *t, const char *cell, FILE *to) {
  const char *colour = heat_start(row_heat(t, cell), t->colours);
  fputs(colour, to);
  unsigned start = numbers_print(t, &cell, to);
  text_print(cell, start, t->width == 0 ? 0 : t->width - start, to);
  fputs(*colour != '\0' ? HEAT_OFF "\n" : "\n", to);
  cell += strlen(cell) + 1;
  return cell + strlen(cell) + 1;
}

void table_end(struct table *t, FILE *to) {
  columns_choose(t);
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

unsigned table_height(FILE *to) {
  struct winsize size;
  int fd = fileno(to);
  if (fd < 0 || !isatty(fd))
    return 0;
  return ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 ? 24 : size.ws_row;
}
