/* Prints the resident memory by owner; contract in resident.h.
 *
 *   resident 43.3 MiB
 *   [mmmmmmmmmmmmmooooooooccccpp..]         on a terminal
 *
 *    48.1%  20.8 MiB  m mapped, no malloc   CPython maps memory for its objects: ...
 *    22.4%  9.70 MiB  o live objects        what the program asked malloc for, ...
 *
 * A sentence for each part of 5 % or more; the others are one line.  With --all every row of the
 * dump follows, in a pipe, too.
 */
#include "resident.h"
#include "heat.h"
#include "json.h"
#include "memory_missing.h"
#include "memory_words.h"
#include "say.h"

#include <stdlib.h>
#include <string.h>

enum { BAR_PARTS = 8, NAME_COLUMNS = 19, WORTH = 20 /* of a sentence: a part in so many */ };

/* What is printed. */
struct shown {
  struct memory_parts parts;
  struct memory_makers makers;
  const struct session *session; /* NULL: no call sites */
};

static uint64_t bytes_at(const struct shown *s, int i) {
  return memory_part_bytes(&s->parts, s->parts.order[i]);
}

static bool is_worth_a_line(const struct shown *s, int i) {
  return i < BAR_PARTS - 1 && bytes_at(s, i) > 0 &&
         bytes_at(s, i) >= memory_whole(&s->parts) / WORTH;
}

/* The letter of a part in the bar: the first of its name, which no other has. */
static char letter_of(enum memory_part part) {
  static const char letters[MEMORY_PARTS + 1] = "orfkapscdihmx";
  return letters[part];
}

/* Of which processes it is, if not of all. */
static void missing_print(const struct view *v) {
  char *known = memory_known_words(v->dump), *missing = memory_missing_words(v->dump);
  if (known != NULL)
    view_say(v, "of %s; not of %s\n", known, missing);
  free(known);
  free(missing);
}

static void head_print(const struct view *v, const struct shown *s) {
  char resident[UNITS_MAX], swapped[UNITS_MAX];
  view_process(v, "");
  view_bytes(v, s->parts.kernel.resident, resident);
  view_bytes(v, s->parts.kernel.swapped, swapped);
  if (s->parts.kernel.swapped != 0)
    view_say(v, "resident %s, and %s in swap\n", resident, swapped);
  else
    view_say(v, "resident %s\n", resident);
  missing_print(v);
}

/* ---- the bar ---- */

/* Parts are cut where they end, so that the bar has exactly its length. */
static void bar_print(const struct view *v, const struct shown *s) {
  uint64_t whole = s->parts.sum.resident + s->parts.sum.swapped, before = 0;
  unsigned columns = v->width - 2, at = 0;
  if (v->width < 20 || whole == 0)
    return;
  fputc('[', v->to);
  for (int i = 0; i < MEMORY_PARTS; i++) {
    before += bytes_at(s, i);
    int c = is_worth_a_line(s, i) ? letter_of(s->parts.order[i]) : '.';
    for (unsigned end = (unsigned)(before * columns / whole); at < end; at++)
      fputc(c, v->to);
  }
  fputs("]\n", v->to);
}

/* ---- lines ---- */

/* Prints words, continued below where they began if a terminal's line is too short. */
static void wrap_print(const struct view *v, const char *words, unsigned column) {
  unsigned room = v->width > column + 20 ? v->width - column - 1 : 0;
  size_t left = strlen(words);
  while (room > 0 && left > room) {
    size_t n = room;
    while (n > 0 && words[n] != ' ')
      n--;
    if (n == 0)
      break;
    fprintf(v->to, "%.*s\n%*s", (int)n, words, (int)column, "");
    words += n + 1;
    left -= n + 1;
  }
  fprintf(v->to, "%s\n", words);
}

static unsigned line_start(const struct view *v, uint64_t bytes, uint64_t whole, int letter,
                           const char *name) {
  char number[UNITS_MAX], percent[UNITS_MAX];
  units_name(bytes, UNIT_BYTES, v->exact, number);
  units_percent(bytes, whole, percent);
  return (unsigned)fprintf(v->to, "%6s %9s  %c %-*s", percent, number, letter, NAME_COLUMNS, name);
}

static void part_print(const struct view *v, const struct shown *s, int i) {
  enum memory_part part = s->parts.order[i];
  uint64_t bytes = bytes_at(s, i), whole = memory_whole(&s->parts);
  const char *colour = heat_start(heat_of(bytes, whole), heat_wanted(v->width));
  char *words = memory_sentence(&s->parts, part, &s->makers, v->exact);
  fputs(colour, v->to);
  unsigned column =
      line_start(v, bytes, whole, v->width > 0 ? letter_of(part) : ' ', memory_part_name(part));
  wrap_print(v, words, column);
  fputs(*colour != '\0' ? HEAT_OFF : "", v->to);
  free(words);
}

static void others_print(const struct view *v, const struct shown *s, int from) {
  uint64_t bytes = 0;
  char names[256] = "";
  for (int i = from; i < MEMORY_PARTS; i++) {
    bytes += bytes_at(s, i);
    size_t used = strlen(names);
    if (bytes_at(s, i) > 0)
      snprintf(names + used, sizeof names - used, "%s%s", used > 0 ? ", " : "",
               memory_part_name(s->parts.order[i]));
  }
  if (bytes == 0)
    return;
  unsigned column =
      line_start(v, bytes, memory_whole(&s->parts), v->width > 0 ? '.' : ' ', "others");
  wrap_print(v, names, column);
}

static void end_print(const struct view *v, const struct shown *s) {
  char number[UNITS_MAX], percent[UNITS_MAX];
  int64_t difference = memory_difference(&s->parts);
  uint64_t off = (uint64_t)(difference < 0 ? -difference : difference);
  view_bytes(v, off, number);
  units_percent(off, memory_whole(&s->parts), percent);
  view_say(v, "\nnot accounted for: %s%s (%s of what the kernel counts)\n",
           difference < 0 ? "-" : "", number, percent);
  view_bytes(v, s->parts.sum.trim, number);
  view_say(v, "malloc_trim(0) would give back %s\n", number);
  view_bytes(v, s->parts.page_tables, number);
  if (s->parts.page_tables != 0)
    view_say(v, "page tables, which the kernel has beside all this: %s\n", number);
}

/* ---- every row ---- */

static void row_print(const struct shown *s, const struct dump_mapping *m, struct table *t) {
  char *words = memory_row_name(s->parts.dump, s->session, m);
  table_number(t, UNIT_BYTES, "", m->resident);
  table_number(t, UNIT_BYTES, "", m->swapped);
  table_number(t, UNIT_BYTES, "", m->mapped);
  table_number(t, UNIT_BYTES, "", m->anonymous);
  table_number(t, UNIT_BYTES, "", m->trim);
  table_number(t, UNIT_BYTES, "", m->depth);
  table_number(t, UNIT_COUNT, "", m->count);
  table_text(t, words);
  free(words);
}

static void rows_print(const struct view *v, const struct shown *s) {
  static const char *const titles[] = {"resident", "swapped", "mapped", "anonymous", "trim",
                                       "depth",    "places",  "what",   NULL};
  size_t count;
  uint32_t *rows = memory_rows(&s->parts, MEMORY_PARTS, &count);
  struct table *t = view_table(v, titles, NULL);
  for (size_t i = 0; i < count; i++)
    row_print(s, &v->dump->mappings[rows[i]], t);
  fputc('\n', v->to);
  view_table_end(v, t, count, count);
  free(rows);
}

static void resident_body(const struct view *v, void *arg) {
  const struct shown *s = arg;
  int i = 0;
  head_print(v, s);
  bar_print(v, s);
  fputc('\n', v->to);
  for (; is_worth_a_line(s, i); i++)
    part_print(v, s, i);
  others_print(v, s, i);
  end_print(v, s);
  if (v->options->all)
    rows_print(v, s);
}

/* ---- json ---- */

static void json_sum(struct json_object *to, const struct memory_sum *s) {
  json_put_number(to, "resident", s->resident);
  json_put_number(to, "swapped", s->swapped);
  json_put_number(to, "mapped", s->mapped);
}

static struct json_object *json_part(const struct shown *s, enum memory_part part) {
  struct json_object *to = json_object_must();
  char *words = memory_sentence(&s->parts, part, &s->makers, true);
  json_put_text(to, "part", memory_part_key(part));
  json_sum(to, &s->parts.part[part]);
  json_put_number(to, "trim", s->parts.part[part].trim);
  if (part == MEMORY_FRAGMENTED && s->makers.pinned != NULL)
    json_put_number(to, "pinned_gain", s->makers.gain);
  json_put_text(to, "sentence", words);
  free(words);
  return to;
}

static struct json_object *json_row(const struct shown *s, uint32_t i) {
  const struct dump_mapping *m = &s->parts.dump->mappings[i];
  struct json_object *to = json_object_must();
  json_put_text(to, "kind", memory_kind_key(m->kind));
  json_put_text(to, "part", memory_part_key(s->parts.of[i]));
  json_put_text(to, "name", dump_text(s->parts.dump, m->name));
  if (m->site != 0)
    json_put_number(to, "site", m->site - 1);
  else
    json_put(to, "site", NULL);
  json_put_number(to, "start", m->start);
  json_put_number(to, "resident", m->resident);
  json_put_number(to, "swapped", m->swapped);
  json_put_number(to, "mapped", m->mapped);
  json_put_number(to, "anonymous", m->anonymous);
  json_put_number(to, "shared", m->shared);
  json_put_number(to, "trim", m->trim);
  json_put_number(to, "depth", m->depth);
  json_put_number(to, "guard", m->guard);
  json_put_number(to, "count", m->count);
  return to;
}

static void json_print(const struct shown *s, FILE *to) {
  struct json_object *all = json_object_must(), *parts = json_array_must(),
                     *rows = json_array_must();
  json_put_text(all, "program", dump_text(s->parts.dump, s->parts.dump->process->program));
  json_put_number(all, "pid", s->parts.dump->process->pid);
  json_put_number(all, "resident", s->parts.kernel.resident);
  json_put_number(all, "swapped", s->parts.kernel.swapped);
  json_put_number(all, "named", s->parts.sum.resident + s->parts.sum.swapped);
  json_put_number(all, "processes", dump_processes(s->parts.dump));
  json_put_number(all, "processes_without", memory_missing(s->parts.dump));
  json_put_number(all, "trim", s->parts.sum.trim);
  json_put_number(all, "page_tables", s->parts.page_tables);
  for (int i = 0; i < MEMORY_PARTS; i++)
    json_add(parts, json_part(s, s->parts.order[i]));
  json_put(all, "parts", parts);
  size_t count;
  uint32_t *sorted = memory_rows(&s->parts, MEMORY_PARTS, &count);
  for (size_t i = 0; i < count; i++)
    json_add(rows, json_row(s, sorted[i]));
  free(sorted);
  json_put(all, "rows", rows);
  json_write(all, to);
}

/* ---- the command ---- */

static bool sites_are_known(const struct dump *d) {
  return d->has_accounts && d->n_accounts > 0 && d->process->tags != DUMP_TAG_OFF;
}

static int print(const struct resident_options *o, struct view *v, struct shown *s) {
  if (!o->json)
    return view_print(v, resident_body, s, 0);
  json_print(s, v->to);
  return fflush(v->to) == 0 && !ferror(v->to) ? 0 : 2;
}

static void unknown_say(const struct dump *d, const char *file) {
  unsigned pid = d->process->pid;
  char *missing = memory_missing_words(d);
  if (missing != NULL)
    say_error("%s: resident sizes were not recorded of any process: not of %s", file, missing);
  else if (d->process->reason == DUMP_AFTER_END)
    say_error("%s: resident sizes were not recorded: process %u ended without a dump, and a record "
              "has none: `arenashim timeline %s` has how much was resident when",
              file, pid, file);
  else if (d->process->reason == DUMP_FROM_OUTSIDE && strspn(file, "0123456789") < strlen(file))
    say_error(
        "%s: resident sizes were not recorded: process %u runs: `arenashim resident %u` looks "
        "at its pages",
        file, pid, pid);
  else if (d->process->reason == DUMP_FROM_OUTSIDE)
    say_error("%s: resident sizes are not known: the kernel lets only root look at the pages of "
              "this process",
              file);
  else
    say_error("%s: resident sizes were not recorded: by an older shim, or without /proc: name the "
              "PID of a process that runs",
              file);
  free(missing);
}

int resident_write(const struct view_options *o, const struct dump *old, const struct dump *d,
                   FILE *to) {
  struct view v = view_of(o, d, to);
  struct shown s = {.session = NULL};
  struct session session;
  (void)old;
  v.height = 0; /* the lines are few, or --all wants every row */
  if (!memory_parts_new(&s.parts, d)) {
    unknown_say(d, o->file);
    return 2;
  }
  if (sites_are_known(d)) {
    view_session(&v, &session);
    s.session = &session;
    s.makers = memory_makers_of(&session, v.exact);
  }
  int status = print((const struct resident_options *)o, &v, &s);
  if (s.session != NULL)
    session_close(&session);
  memory_makers_free(&s.makers);
  memory_parts_free(&s.parts);
  return status;
}

enum { KEY_JSON = 256 };

static const struct argp_option options[] = {
    {"json", KEY_JSON, NULL, 0, "For other programs: every part and every row", 0}, {0}};

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct resident_options *o = state->input;
  if (key != KEY_JSON)
    return option_view_pass(key, word, state);
  o->json = true;
  return 0;
}

int resident_command(int argc, char **argv) {
  static const struct argp parser = {
      options,
      option_read,
      "FILE|PID",
      "Shows all of the resident memory by owner: objects, free memory, stacks, libraries, files "
      "and "
      "what the program mapped itself; for each part of 5 % or more what makes it and what would "
      "change it.\vThe parts add up to what the kernel counts; the difference is shown. With --all "
      "every mapping follows.",
      option_view_children,
      NULL,
      NULL};
  struct resident_options o = {.view = {.rows = ROWS_THAT_FIT}};
  return view_run(&parser, &o.view, resident_write, argc, argv);
}
