/* Prints the summary, top to bottom; contract in summary.h. */
#include "summary.h"
#include "cover.h"
#include "fit.h"
#include "heat.h"
#include "memory_words.h"
#include "recorded.h"
#include "say.h"
#include "summary_hints.h"
#include "summary_lines.h"
#include "table.h"
#include "utf8_copy.h"
#include "when.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum part { PART_LIVE, PART_PEAK, PART_WASTE, PART_ALLOCS, PARTS };

/* What the parts of a summary are made of. */
struct parts {
  const struct summary *summary;
  const struct dump *dump;
  const char *estimate; /* the mark of what sampling estimates: "~" or "" */
  struct row total;
  struct summary_lines lines;
  unsigned rows[PARTS]; /* of call sites in each part */
  FILE *to;
};

static const char *bytes_short(uint64_t value, char name[UNITS_MAX]) {
  units_name(value, UNIT_BYTES, false, name);
  return name;
}

static const char *count_short(uint64_t value, char name[UNITS_MAX]) {
  units_name(value, UNIT_COUNT, false, name);
  return name;
}

/* A line that programs of most kinds don't have takes the room of a row of the longest part. */
static void room_make(struct parts *p, size_t lines) {
  for (; lines > 0; lines--) {
    unsigned *longest = &p->rows[PART_LIVE];
    for (int i = 0; i < PARTS; i++)
      if (p->rows[i] > *longest)
        longest = &p->rows[i];
    *longest -= *longest > 1;
  }
}

/* A line of its own that says what comes below it. */
__attribute__((format(printf, 2, 3))) static void title_print(const struct parts *p,
                                                              const char *format, ...) {
  const char *colour = heat_start(HEAT_TITLE, p->summary->colours);
  char line[1024];
  va_list values;
  va_start(values, format);
  vsnprintf(line, sizeof line, format, values);
  va_end(values);
  fputs(colour, p->to);
  utf8_print(line, p->to);
  fputs(*colour != '\0' ? HEAT_OFF "\n" : "\n", p->to);
}

static void estimates_print(struct parts *p) {
  char period[UNITS_MAX], noise[UNITS_MAX];
  if (*p->estimate == '\0')
    return;
  fprintf(p->to,
          "~: estimates, one allocation per %s was tagged\n"
          "   the peak may be ~%s too high, by their noise\n",
          bytes_short(p->dump->process->sample_bytes, period),
          bytes_short(peak_noise(p->dump), noise));
}

static void head_print(struct parts *p) {
  const struct dump *d = p->dump;
  char allocs[UNITS_MAX], bytes[UNITS_MAX], peak[UNITS_MAX];
  const char *mark = *dump_peak_mark(d) == '~' ? "~" : ""; /* a bound is "at most", too */
  fputc('\n', p->to);
  title_print(p, "%s", p->summary->title);
  if (dump_is_snapshot(d)) {
    char *when = dump_when(d, p->summary->end_ns);
    fprintf(p->to, "%s: what it did later is not in it\n", when);
    free(when);
    room_make(p, 1);
  }
  char *recorded = dump_recorded(d);
  if (recorded != NULL) {
    fprintf(p->to, "%s\n", recorded);
    room_make(p, 1);
  }
  free(recorded);
  fprintf(p->to, "%s%s allocations of %s%s%s in all; at most %s%s held at a time\n", p->estimate,
          count_short(p->total.sum.allocs, allocs), dump_lacks_bytes(d) ? "at least " : "",
          p->estimate, bytes_short(p->total.sum.bytes, bytes), mark,
          bytes_short(d->process->peak_bytes, peak));
  estimates_print(p);
}

/* Lines that say what the figures below don't show, each cut at the width; frees them. */
static void hint_print(struct parts *p, char *lines) {
  if (lines == NULL)
    return;
  lines_fit(lines, p->summary->width, p->to);
  for (const char *c = lines; *c != '\0'; c++)
    room_make(p, *c == '\n');
  free(lines);
}

/* The lines that have most of a value, each with its share of the whole. */
static void top_print(struct parts *p, enum part part, enum sort by) {
  enum { LEFT = 19 }; /* columns before the text */
  uint64_t whole = row_added(&p->total, by);
  summary_lines_sort(&p->lines, by);
  for (size_t i = 0; i < p->rows[part] && i < p->lines.count; i++) {
    const struct summary_line *l = &p->lines.items[i];
    uint64_t value = row_added(&l->row, by);
    char number[UNITS_MAX], percent[UNITS_MAX], marked[2 * UNITS_MAX];
    if (value * 200 <= whole && i > 0)
      break; /* less than half a percent */
    const char *colour = heat_start(heat_of(value, whole), p->summary->colours);
    units_name(value, sort_unit(by), false, number);
    units_percent(value, whole, percent);
    snprintf(marked, sizeof marked, "%s%s", p->estimate, number);
    fprintf(p->to, "%s%9s %7s  ", colour, marked, percent);
    fit_print(l->text, strlen(l->text), p->summary->width - LEFT, p->to);
    fputs(*colour != '\0' ? HEAT_OFF "\n" : "\n", p->to);
  }
}

/* How many counts of a kind are not zero; the first of them. */
static uint32_t health_count(const struct dump *d, uint32_t flag,
                             const struct dump_health **first) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < d->n_health; i++)
    if ((d->health[i].flags & flag) && d->health[i].count > 0 && count++ == 0)
      *first = &d->health[i];
  return count;
}

/* Problems in one line; the report has them all. */
static void health_print(const struct parts *p) {
  const struct dump_health *first = NULL;
  uint32_t problems = health_count(p->dump, DUMP_PROBLEM, &first);
  if (first == NULL)
    return;
  fprintf(p->to, "doubtful: %llu %s", (unsigned long long)first->count,
          dump_text(p->dump, first->name));
  fprintf(p->to, problems > 1 ? ", and %u more: see the report\n" : "\n", problems - 1);
}

/* What the shim did otherwise than asked, said once a run. */
static void notes_print(const struct parts *p) {
  for (uint32_t i = 0; i < p->dump->n_health; i++) {
    const struct dump_health *h = &p->dump->health[i];
    if ((h->flags & DUMP_NOTE) && h->count > 0)
      fprintf(p->to, "note: %llu %s\n", (unsigned long long)h->count, dump_text(p->dump, h->name));
  }
}

/* Leaves room for the lines below the call sites that most programs don't have. */
static void room_keep(struct parts *p) {
  const struct dump_health *first;
  room_make(p, health_count(p->dump, DUMP_PROBLEM, &first) > 0);
  room_make(p, health_count(p->dump, DUMP_NOTE, &first));
}

/* $'dump\033x', as bash, ksh, zsh and POSIX of 2024 read it, of what can't be shown as it is. */
static void octal_print(const char *word, FILE *to) {
  fputs(*word == '-' ? "./$'" : "$'", to);
  for (; *word != '\0'; word++)
    if (*word < ' ' || *word > '~' || *word == '\'' || *word == '\\')
      fprintf(to, "\\%03o", (unsigned char)*word);
    else
      fputc(*word, to);
  fputc('\'', to);
}

void summary_word(const char *word, FILE *to) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                              "_-./+,:@%=";
  if (*word != '\0' && *word != '-' && word[strspn(word, plain)] == '\0') {
    fputs(word, to);
    return;
  }
  char *shown = utf8_shown(word);
  bool same = strcmp(shown, word) == 0;
  free(shown);
  if (!same) {
    octal_print(word, to);
    return;
  }
  fputs(*word == '-' ? "./'" : "'", to);
  for (; *word != '\0'; word++)
    fputs(*word == '\'' ? "'\\''" : (char[]){*word, '\0'}, to);
  fputc('\'', to);
}

static void next_print(const struct parts *p) {
  const char *const commands[] = {"leaks", waste_known(p->dump) ? "waste" : "tree", "html"};
  for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
    fprintf(p->to, "%-5s ", i == 0 ? "\nnext:" : "");
    summary_word(say_command(), p->to);
    fprintf(p->to, " %s %s\n", commands[i], p->summary->files);
  }
}

static const char *moment_word(const struct parts *p) {
  return dump_is_snapshot(p->dump) ? "then" : "at the end";
}

static void live_print(struct parts *p) {
  char bytes[UNITS_MAX], objects[UNITS_MAX];
  if (p->total.sum.live_bytes == 0) {
    fprintf(p->to, "all of it was freed %s\n", moment_word(p));
    return;
  }
  title_print(p, "%s%s: %s%s in %s%s objects, of these",
              dump_lacks_before(p->dump) ? "recorded and " : "",
              dump_is_snapshot(p->dump) ? "alive then" : "not freed at the end", p->estimate,
              bytes_short(p->total.sum.live_bytes, bytes), p->estimate,
              count_short(p->total.sum.live_objects, objects));
  top_print(p, PART_LIVE, SORT_LIVE);
}

/* When nearly all of it stayed, the rows above have said who held most. */
static void peak_print(struct parts *p) {
  char number[UNITS_MAX];
  uint64_t held = p->total.sum.at_peak_bytes;
  if (p->total.sum.live_bytes >= held - held / 16)
    return;
  title_print(p, "held at the peak: %s%s, of these", p->estimate, bytes_short(held, number));
  top_print(p, PART_PEAK, SORT_PEAK);
}

static void waste_print(struct parts *p) {
  char number[UNITS_MAX];
  uint64_t waste = account_waste(&p->total.sum);
  if (!waste_known(p->dump))
    fputs("waste is not known with samples: run without ARENASHIM_SAMPLE\n", p->to);
  else if (waste > 0) {
    title_print(p, "wasted %s: %s of rounding%s, by", moment_word(p), bytes_short(waste, number),
                pinned_known(p->dump) ? " and half-empty slabs"
                                      : " (a record has no half-empty slabs)");
    top_print(p, PART_WASTE, SORT_WASTE);
  }
}

static void allocs_print(struct parts *p) {
  char percent[UNITS_MAX];
  units_percent(p->total.sum.temporary, p->total.sum.allocs, percent);
  if (temporary_known(p->dump) && p->total.sum.allocs > 0)
    title_print(p, "most allocations; %s of all were temporary, freed at once", percent);
  else
    title_print(p, "most allocations");
  top_print(p, PART_ALLOCS, SORT_ALLOCS);
}

/* All of the resident memory by owner; of dumps that don't say, how little malloc holds of it. */
static char *resident_lines(const struct dump *d) {
  char *lines = memory_lines(d);
  if (lines == NULL)
    return cover_lines(d);
  char *named = must_print("resident %s", lines);
  free(lines);
  return named;
}

void summary_write(const struct summary *s, const struct dump *d, FILE *to) {
  struct option_names names = {.fold = fold_new(), .join_runtime = true};
  struct session session;
  unsigned warned = say_count();
  session_open(&session, d, &names, ROW_PATH);
  struct parts p = {.summary = s,
                    .dump = d,
                    .estimate = d->process->sample_bytes > 0 ? "~" : "",
                    .total = session.rows->total,
                    .lines = summary_lines_new(&session),
                    .rows = {[PART_LIVE] = 4, [PART_PEAK] = 3, [PART_WASTE] = 3, [PART_ALLOCS] = 2},
                    .to = to};
  room_keep(&p);
  head_print(&p);
  hint_print(&p, resident_lines(d));
  hint_print(&p, hint_cut(&session));
  hint_print(&p, say_count() > warned ? NULL : hint_no_lines(&session));
  live_print(&p);
  peak_print(&p);
  waste_print(&p);
  allocs_print(&p);
  health_print(&p);
  notes_print(&p);
  next_print(&p);
  summary_lines_free(&p.lines);
  session_close(&session);
  fold_free(names.fold);
}
