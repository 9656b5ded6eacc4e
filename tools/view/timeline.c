/* Shows the time axis: drawn on a terminal, as a table of moments in a pipe; contract in
 * timeline.h. */
#include "timeline.h"
#include "axis.h"
#include "chart.h"
#include "say.h"
#include "text.h"
#include "units.h"
#include "view_options.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct timeline_options {
  struct view_options view; /* first */
  const char *at;           /* NULL: the highest moment */
};

struct timeline {
  const struct session *session; /* NULL: no call sites */
  uint32_t moment;               /* whose table is shown */
  bool by_clock;                 /* it was asked for by the time of day */
};

/* ---- times ---- */

/* Reads what a format of strptime has, all of the word, into *tm. */
static bool parsed(const char *word, const char *format, struct tm *tm) {
  struct tm read = *tm;
  const char *end = strptime(word, format, &read);
  if (end == NULL || *end != '\0')
    return false;
  *tm = read;
  return true;
}

/* HH:MM or HH:MM:SS of local time, the last such moment before the process's end; or with a date
 * (YYYY-MM-DD and a blank or T) before it. */
static bool clock_read(const char *word, const struct dump_process *p, uint64_t *ns) {
  time_t start = (time_t)(p->start_ns / 1000000000),
         end = start + (time_t)(p->lived_ns / 1000000000);
  struct tm tm;
  if (localtime_r(&end, &tm) == NULL)
    return false;
  tm.tm_sec = 0;
  tm.tm_isdst = -1;
  bool dated = parsed(word, "%Y-%m-%d %H:%M", &tm) || parsed(word, "%Y-%m-%d %H:%M:%S", &tm) ||
               parsed(word, "%Y-%m-%dT%H:%M", &tm) || parsed(word, "%Y-%m-%dT%H:%M:%S", &tm);
  if (!dated && !parsed(word, "%H:%M", &tm) && !parsed(word, "%H:%M:%S", &tm))
    return false;
  time_t when = mktime(&tm);
  if (!dated && when > end) {
    tm.tm_mday--;
    when = mktime(&tm);
  }
  *ns = when > start ? (uint64_t)(when - start) * 1000000000 : 0;
  return true;
}

/* The moment that was asked for; false: said why not. */
static bool moment_find(const struct timeline_options *o, const struct dump *d,
                        struct timeline *l) {
  uint64_t ns;
  if (o->at == NULL) {
    l->moment = axis_highest(d);
    return true;
  }
  bool since = units_time_read(o->at, &ns);
  l->by_clock = !since && clock_read(o->at, d->process, &ns);
  if (!since && !l->by_clock) {
    say_error("--at=%s: give a time since the start, such as 90, 90s, 1.5m, 2h, or a time of day, "
              "such as 14:32 or \"2026-11-30 14:32\"",
              o->at);
    return false;
  }
  l->moment = axis_at(d, ns);
  return true;
}

/* ---- the axis ---- */

static void event_line(const struct view *v, char letter, uint64_t ns, const char *words) {
  char when[AXIS_TIME_MAX];
  axis_time(ns, when);
  fprintf(v->to, "  %c  %9s  ", letter, when);
  lines_fit(words, v->width > 16 ? v->width - 16 : v->width, v->to);
  fputc('\n', v->to);
}

static void events_list(const struct view *v) {
  const struct dump *d = v->dump;
  uint32_t shown = v->detail == DETAIL_ALL ? CHART_LETTERS : 4, i = 0;
  for (; i < d->n_events && i < shown; i++) {
    char *words = axis_event_words(d, &d->events[i]);
    event_line(v, chart_letter(i), d->events[i].time_ns, words);
    free(words);
  }
  if (i < d->n_events)
    view_say(v, "     and %u more marks and events: in a pipe all are shown\n", d->n_events - i);
}

static void axis_draw(const struct view *v) {
  const struct dump *d = v->dump;
  const struct dump_moment *high = &d->moments[axis_highest(d)];
  char most[UNITS_MAX];
  fputc('\n', v->to);
  chart_draw(d, v->width, v->exact, v->to);
  view_bytes(v, high->live_bytes, most);
  char *words = must_print("most: %s%s live", v->estimate, most);
  event_line(v, '^', high->time_ns, words);
  free(words);
  events_list(v);
}

/* "most", and that it is no moment of the process's own. */
static const char *moment_words(const struct dump *d, uint32_t i) {
  bool read = (d->moments[i].flags & DUMP_MOMENT_AT_READING) != 0;
  const char *last = d->process->reason == DUMP_FROM_OUTSIDE ? "now" : "last state";
  if (i != axis_highest(d))
    return read ? last : "";
  return !read                                     ? "most"
         : d->process->reason == DUMP_FROM_OUTSIDE ? "most, now"
                                                   : "most, last state";
}

/* What happened after the moment before, up to that one; the last one has what came later, too. */
static char *events_of(const struct dump *d, uint32_t i) {
  struct text text;
  FILE *to = text_start(&text);
  uint64_t after = i > 0 ? d->moments[i - 1].time_ns : 0, until = d->moments[i].time_ns;
  const char *words_of_it = moment_words(d, i), *comma = *words_of_it != '\0' ? ", " : "";
  fputs(words_of_it, to);
  for (uint32_t k = 0; k < d->n_events; k++) {
    uint64_t ns = d->events[k].time_ns;
    if ((ns <= after && i > 0) || (ns > until && i + 1 < d->n_moments))
      continue;
    char *words = axis_event_words(d, &d->events[k]);
    fprintf(to, "%s%s at %.3f", comma, words, (double)ns / 1e9);
    comma = ", ";
    free(words);
  }
  return text_end(to, &text);
}

static void axis_table(const struct view *v) {
  static const char *const titles[] = {"seconds", "live",   "mapped", "resident",
                                       "allocs",  "events", NULL};
  const struct dump *d = v->dump;
  struct table *t = table_new(titles, 0);
  for (uint32_t i = 0; i < d->n_moments; i++) {
    const struct dump_moment *m = &d->moments[i];
    char seconds[AXIS_TIME_MAX], *events = events_of(d, i);
    snprintf(seconds, sizeof seconds, "%.3f", (double)m->time_ns / 1e9);
    table_words(t, seconds);
    table_number(t, UNIT_BYTES, v->estimate, m->live_bytes);
    table_number(t, UNIT_BYTES, "", m->mapped_bytes);
    if (m->resident_bytes != 0)
      table_number(t, UNIT_BYTES, "", m->resident_bytes);
    else
      table_words(t, "-");
    table_number(t, UNIT_COUNT, "", m->allocs);
    table_text(t, events);
    free(events);
  }
  fputc('\n', v->to);
  table_end(t, v->to);
}

/* ---- a moment ---- */

/* " (2026-11-30 14:31:58)", or "". */
static void clock_words(const struct view *v, const struct timeline *l, char words[AXIS_TIME_MAX]) {
  const struct dump *d = v->dump;
  time_t when = (time_t)((d->process->start_ns + d->moments[l->moment].time_ns) / 1000000000);
  struct tm tm;
  *words = '\0';
  if (l->by_clock && localtime_r(&when, &tm) != NULL)
    strftime(words, AXIS_TIME_MAX, " (%Y-%m-%d %H:%M:%S)", &tm);
}

static void moment_row(const struct view *v, struct table *t, uint64_t bytes, uint64_t live,
                       const char *words) {
  table_number(t, UNIT_BYTES, v->estimate, bytes);
  table_percent(t, bytes, live);
  table_heat(t, bytes, live);
  table_text(t, words);
}

static void moment_print(const struct view *v, const struct timeline *l) {
  static const char *const titles[] = {"live", "share", "call path, innermost first", NULL};
  const struct dump_moment *m = &v->dump->moments[l->moment];
  size_t n;
  uint64_t rest;
  struct axis_row *rows = axis_rows(l->session, l->moment, &n, &rest);
  char when[AXIS_TIME_MAX], clock[AXIS_TIME_MAX], live[UNITS_MAX];
  axis_time(m->time_ns, when);
  clock_words(v, l, clock);
  view_bytes(v, m->live_bytes, live);
  view_say(v, "\nheld at %s%s: %s%s\n", when, clock, v->estimate, live);
  struct table *t = view_table(v, titles, NULL);
  size_t shown = view_shown(v, n);
  for (size_t i = 0; i < shown; i++) {
    char *text = session_row_text(l->session, &rows[i].row);
    moment_row(v, t, rows[i].bytes, m->live_bytes, text);
    free(text);
  }
  if (rest > 0)
    moment_row(v, t, rest, m->live_bytes, "(all other call sites)");
  view_table_end(v, t, shown, n);
  free(rows);
}

static void timeline_body(const struct view *v, void *arg) {
  const struct timeline *l = arg;
  view_head(v);
  if (v->width > 0)
    axis_draw(v);
  else
    axis_table(v);
  if (l->session != NULL)
    moment_print(v, l);
}

static int timeline_write(const struct view_options *o, const struct dump *old,
                          const struct dump *d, FILE *to) {
  struct view v = view_of(o, d, to);
  struct session s;
  struct timeline l = {.session = NULL};
  (void)old;
  if (d->n_moments == 0) {
    say_error("%s: it has no time axis: %s", o->file,
              d->process->reason == DUMP_MERGED ? "a merge has none: name the dump of one process"
                                                : "a shim of version 0.2 or later writes one");
    return 2;
  }
  if (!moment_find((const struct timeline_options *)o, d, &l))
    return 2;
  if (d->moments[l.moment].flags & DUMP_MOMENT_TAGGED) {
    view_session(&v, &s);
    l.session = &s;
  }
  int status = view_print(&v, timeline_body, &l, 0);
  if (l.session != NULL)
    session_close(&s);
  return status;
}

enum { KEY_AT = 256 };

static const struct argp_option options[] = {
    {"at", KEY_AT, "TIME", 0,
     "Show what was held at TIME: since the start (90, 1.5m, 2h), or of the day (14:32, or "
     "\"2026-11-30 14:32\")",
     0},
    OPTION_LINES_ROW,
    {0}};

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct timeline_options *o = state->input;
  if (key != KEY_AT)
    return option_view_pass(key, word, state);
  o->at = word;
  return 0;
}

int timeline_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_read,
      "FILE|PID",
      "Shows what a process held over its life: live and mapped bytes, marks and events, and which "
      "call sites held most at the highest moment, or at TIME.\vOn a terminal it is drawn: the "
      "area "
      "is live bytes, dots are mapped bytes, ^ is the highest moment.  In a pipe it is a table of "
      "all moments, with the resident size.",
      option_view_children,
      NULL,
      NULL};
  struct timeline_options o = {.view = {.rows = ROWS_THAT_FIT}};
  return view_run(&parser, &o.view, timeline_write, argc, argv);
}
