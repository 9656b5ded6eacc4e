/* Prints the summary, top to bottom; contract in summary.h. */
#include "summary.h"
#include "cover.h"
#include "fit.h"
#include "heat.h"
#include "say.h"
#include "summary_lines.h"
#include "table.h"
#include "utf8_copy.h"
#include "when.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* What the parts of a summary are made of. */
struct parts {
  const struct summary *summary;
  const struct dump *dump;
  const char *estimate; /* the mark of what sampling estimates: "~" or "" */
  struct row total;
  struct summary_lines lines;
  size_t extra; /* lines that programs of most kinds don't have: others make room */
  FILE *to;
};

static const char *short_number(uint64_t value, char name[24]) {
  number_name(value, false, name);
  return name;
}

static unsigned percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0 : (unsigned)(100.0 * (double)part / (double)whole + 0.5);
}

/* A line of its own that tells what comes below it. */
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

static void head_print(struct parts *p) {
  const struct dump *d = p->dump;
  char a[24], b[24], c[24], e[24];
  fputc('\n', p->to);
  title_print(p, "%s", p->summary->title);
  if (dump_is_snapshot(d)) {
    char *when = dump_when(d, p->summary->end_ns);
    fprintf(p->to, "%s: what it did later is not in it\n", when);
    free(when);
    p->extra++;
  }
  fprintf(p->to, "%s%s allocations of %s%s bytes in all; at most %s%s bytes held at a time\n",
          p->estimate, short_number(p->total.sum.allocs, a), p->estimate,
          short_number(p->total.sum.bytes, b), dump_peak_mark(d),
          short_number(d->process->peak_bytes, c));
  if (*p->estimate != '\0')
    fprintf(p->to,
            "~: estimates, one allocation per %s bytes was tagged\n"
            "   the peak may be ~%s bytes too high, by their noise\n",
            short_number(d->process->sample_bytes, e), short_number(peak_noise(d), a));
}

/* How little malloc's answer covers, if it does. */
static void cover_print(struct parts *p) {
  char *lines = cover_lines(p->dump);
  if (lines == NULL)
    return;
  lines_fit(lines, p->summary->width, p->to);
  for (const char *c = lines; *c != '\0'; c++)
    p->extra += *c == '\n';
  free(lines);
}

/* The lines that have most of a value, each with its share of the whole. */
static void top_print(struct parts *p, enum sort by, size_t rows) {
  enum { LEFT = 19 }; /* columns before the text */
  uint64_t whole = row_added(&p->total, by);
  summary_lines_sort(&p->lines, by);
  for (size_t i = 0; i < rows && i < p->lines.count; i++) {
    const struct summary_line *l = &p->lines.items[i];
    uint64_t value = row_added(&l->row, by);
    char number[24], marked[32];
    if (value * 200 <= whole && i > 0)
      break; /* less than half a percent */
    const char *colour = heat_start(heat_of(value, whole), p->summary->colours);
    snprintf(marked, sizeof marked, "%s%s", p->estimate, short_number(value, number));
    fprintf(p->to, "%s%9s %6.1f%%  ", colour, marked,
            whole > 0 ? 100.0 * (double)value / (double)whole : 0.0);
    fit_print(l->text, strlen(l->text), p->summary->width - LEFT, p->to);
    fputs(*colour != '\0' ? HEAT_OFF "\n" : "\n", p->to);
  }
}

/* Problems in one line; the report has them all. */
static void health_print(const struct parts *p) {
  uint32_t problems = 0;
  const struct dump_health *first = NULL;
  for (uint32_t i = 0; i < p->dump->n_health; i++) {
    const struct dump_health *h = &p->dump->health[i];
    if (!(h->flags & DUMP_PROBLEM) || h->count == 0)
      continue;
    if (problems++ == 0)
      first = h;
  }
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
    fprintf(p->to, " %s ", commands[i]);
    summary_word(p->summary->file, p->to);
    fputc('\n', p->to);
  }
}

static const char *moment_word(const struct parts *p) {
  return dump_is_snapshot(p->dump) ? "then" : "at the end";
}

static void live_print(struct parts *p) {
  char bytes[24], objects[24];
  if (p->total.sum.live_bytes == 0) {
    fprintf(p->to, "all of it was freed %s\n", moment_word(p));
    return;
  }
  title_print(p, "%s: %s%s bytes in %s%s objects, of these",
              dump_is_snapshot(p->dump) ? "alive then" : "not freed at the end", p->estimate,
              short_number(p->total.sum.live_bytes, bytes), p->estimate,
              short_number(p->total.sum.live_objects, objects));
  top_print(p, SORT_LIVE, p->extra > 0 ? 3 : 4);
}

static void body_print(struct parts *p) {
  char number[24];
  live_print(p);
  /* When nearly all of it stayed, who held most is told already. */
  uint64_t held = p->total.sum.at_peak_bytes;
  if (p->total.sum.live_bytes < held - held / 16) {
    title_print(p, "held when the most was: %s%s bytes, of these", p->estimate,
                short_number(p->total.sum.at_peak_bytes, number));
    top_print(p, SORT_PEAK, p->extra > 1 ? 2 : 3);
  }
  if (!waste_known(p->dump))
    fputs("waste is not known with samples: run without ARENASHIM_SAMPLE\n", p->to);
  else if (account_waste(&p->total.sum) > 0) {
    title_print(p, "wasted %s: %s bytes of rounding and half-empty slabs, by", moment_word(p),
                short_number(account_waste(&p->total.sum), number));
    top_print(p, SORT_WASTE, p->extra > 2 ? 2 : 3);
  }
  if (temporary_known(p->dump))
    title_print(p, "most allocations; %u%% of all were temporary, freed at once",
                percent(p->total.sum.temporary, p->total.sum.allocs));
  else
    title_print(p, "most allocations");
  top_print(p, SORT_ALLOCS, 2);
}

void summary_write(const struct summary *s, const struct dump *d, FILE *to) {
  struct option_names names = {.fold = fold_new()};
  struct session session;
  session_open(&session, d, &names, ROW_PATH);
  struct parts p = {.summary = s,
                    .dump = d,
                    .estimate = d->process->sample_bytes > 0 ? "~" : "",
                    .total = session.rows->total,
                    .lines = summary_lines_new(&session),
                    .to = to};
  head_print(&p);
  cover_print(&p);
  body_print(&p);
  health_print(&p);
  notes_print(&p);
  next_print(&p);
  summary_lines_free(&p.lines);
  session_close(&session);
  fold_free(names.fold);
}
