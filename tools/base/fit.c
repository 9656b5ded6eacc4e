/* Cuts lines; contract in fit.h.
 *
 * A character of UTF-8 fills one column, which is right for all that names are made of but East
 * Asian ones.
 */
#include "fit.h"
#include "say.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

static const char dots[] = "...", before_cut[] = "... < ", nameless[] = "(anonymous namespace)::";
enum { DOTS = sizeof dots - 1, BEFORE_CUT = sizeof before_cut - 1, BEFORE_MIN = 8, NAME_MIN = 8 };

/* Parts of a line, one after the other; of one without a heart all is `before`. */
struct part {
  const char *at;
  size_t length;
};
struct parts {
  struct part before, name, place, after;
};

static bool is_mark(char c) { return c >= *FIT_NAME && c <= *FIT_END; }
static bool is_start(char c) { return ((unsigned char)c & 0xC0) != 0x80; }

/* Takes from the line what stands before the mark, and the mark. */
static struct part part_take(struct part *line, char mark) {
  const char *found = memchr(line->at, mark, line->length);
  size_t length = found != NULL ? (size_t)(found - line->at) : line->length;
  struct part taken = {line->at, length};
  line->at += length + (found != NULL);
  line->length -= length + (found != NULL);
  return taken;
}

static struct parts parts_of(const char *line, size_t length) {
  struct part rest = {line, length};
  struct parts p = {.before = part_take(&rest, *FIT_NAME)};
  p.name = part_take(&rest, *FIT_PLACE);
  p.place = part_take(&rest, *FIT_END);
  p.after = rest;
  return p;
}

static unsigned columns_of(struct part p) {
  unsigned columns = 0;
  for (size_t i = 0; i < p.length; i++)
    columns += is_start(p.at[i]) && !is_mark(p.at[i]);
  return columns;
}

unsigned fit_columns(const char *line, size_t length) {
  return columns_of((struct part){line, length});
}

static unsigned room_or_none(unsigned room, unsigned used) { return room > used ? room - used : 0; }

/* Returns how many bytes at a text's start fill at most that many columns. */
static size_t columns_cut(struct part p, unsigned columns) {
  size_t at = 0;
  for (; at < p.length; at++)
    if (is_start(p.at[at]) && !is_mark(p.at[at]) && columns-- == 0)
      break;
  return at;
}

static void part_print(struct part p, FILE *to) {
  for (size_t i = 0; i < p.length; i++)
    if (!is_mark(p.at[i]))
      fputc(p.at[i], to);
}

/* Not with dots of its own at the end, for more come. */
static void start_print(struct part p, unsigned columns, FILE *to) {
  size_t length = columns_cut(p, columns);
  while (length > 0 && (p.at[length - 1] == '.' || p.at[length - 1] == '<'))
    length--;
  part_print((struct part){p.at, length}, to);
}

/* "start..." */
static void end_cut(struct part p, unsigned columns, FILE *to) {
  if (columns_of(p) <= columns) {
    part_print(p, to);
    return;
  }
  start_print(p, room_or_none(columns, DOTS), to);
  fputs(dots, to);
}

/* "start...end" */
static void middle_cut(struct part p, unsigned columns, FILE *to) {
  unsigned all = columns_of(p), kept = room_or_none(columns, DOTS), start = kept / 2;
  if (all <= columns) {
    part_print(p, to);
    return;
  }
  size_t skipped = columns_cut(p, all - (kept - start));
  start_print(p, start, to);
  fputs(dots, to);
  part_print((struct part){p.at + skipped, p.length - skipped}, to);
}

/* "start... < ", or what of it there is room for. */
static void before_print(struct part p, unsigned columns, FILE *to) {
  if (columns_of(p) <= columns)
    part_print(p, to);
  else if (columns >= BEFORE_CUT) {
    if (columns >= BEFORE_CUT + BEFORE_MIN)
      start_print(p, columns - BEFORE_CUT, to);
    fputs(before_cut, to);
  }
}

static void heart_print(const struct parts *p, unsigned columns, FILE *to) {
  unsigned place = columns_of(p->place), after = columns_of(p->after) > 0 ? DOTS : 0;
  unsigned used = columns_of(p->name) + place + after;
  if (used <= columns)
    before_print(p->before, columns - used, to);
  middle_cut(p->name, room_or_none(columns, place + after), to);
  part_print(p->place, to);
  fputs(after > 0 ? dots : "", to);
}

static void parts_print(const struct parts *p, struct part line, unsigned columns, FILE *to) {
  unsigned place = columns_of(p->place), after = columns_of(p->after) > 0 ? DOTS : 0;
  if (p->name.length == 0 || columns < place + after + NAME_MIN)
    end_cut(line, columns, to);
  else if (columns_of(p->before) + columns_of(p->name) + place + after <= columns) {
    part_print(p->before, to);
    part_print(p->name, to);
    part_print(p->place, to);
    end_cut(p->after, columns - columns_of(p->before) - columns_of(p->name) - place, to);
  } else
    heart_print(p, columns, to);
}

char *fit_short(const char *line, size_t length) {
  char *copy = must_print("%.*s", (int)length, line), *found = copy;
  while ((found = strstr(found, nameless)) != NULL)
    memmove(found, found + sizeof nameless - 1, strlen(found + sizeof nameless - 1) + 1);
  return copy;
}

/* Whether '<' opens a list of arguments there: neither between frames nor of an operator's name. */
static bool opens(const char *line, const char *at) {
  static const char word[] = "operator";
  enum { WORD = sizeof word - 1 };
  const char *name = at > line && at[-1] == '<' ? at - 1 : at;
  bool named = name - line >= WORD && strncmp(name - WORD, word, WORD) == 0;
  return at > line && at[-1] != ' ' && !named;
}

/* A copy whose templates have "..." for arguments; where brackets don't match, with all. */
static char *templates_cut(const char *line) {
  struct text text;
  FILE *to = text_start(&text);
  unsigned depth = 0;
  for (const char *at = line; *at != '\0'; at++) {
    bool open = *at == '<' && opens(line, at);
    if (depth > 0 && (is_mark(*at) || (*at == '<' && !open)))
      break; /* the name's end */
    if (depth > 0 && *at == '>' && at[-1] != '-')
      depth--;
    if (depth == 0)
      fputc(*at, to);
    if (open && depth++ == 0)
      fputs(dots, to);
  }
  char *cut = text_end(to, &text);
  if (depth == 0)
    return cut;
  free(cut);
  return must_copy(line);
}

/* The line in short; with less room for it than that, the rest is cut. */
static char *line_shortened(const char *line, size_t length) {
  char *with = fit_short(line, length), *without = templates_cut(with);
  free(with);
  return without;
}

void fit_print(const char *line, size_t length, unsigned columns, FILE *to) {
  if (columns == 0 || fit_columns(line, length) <= columns) {
    part_print((struct part){line, length}, to);
    return;
  }
  char *copy = fit_short(line, length);
  if (fit_columns(copy, strlen(copy)) > columns) {
    free(copy);
    copy = line_shortened(line, length);
  }
  struct parts p = parts_of(copy, strlen(copy));
  parts_print(&p, (struct part){copy, strlen(copy)}, columns, to);
  free(copy);
}

unsigned fit_heart(const char *line, size_t length) {
  char *copy = line_shortened(line, length);
  struct parts p = parts_of(copy, strlen(copy));
  unsigned heart = columns_of(p.name) + columns_of(p.place);
  if (heart > 0)
    heart += (columns_of(p.before) > 0 ? BEFORE_CUT : 0) + (columns_of(p.after) > 0 ? DOTS : 0);
  free(copy);
  return heart;
}
