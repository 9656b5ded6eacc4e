/* Writes metrics; contract in metrics_out.h. */
#include "metrics_out.h"
#include "say.h"
#include "text.h"
#include "utf8_copy.h"

#include <inttypes.h>
#include <stdlib.h>

static const struct metric_words families[] = {
#define METRIC_WORDS(what, name, type, unit, words) {name, type, unit, words},
    METRICS(METRIC_WORDS)
#undef METRIC_WORDS
};

static const char *suffix_of(enum metric_type type) {
  static const char *const suffixes[] = {
      [METRIC_INFO] = "_info", [METRIC_GAUGE] = "", [METRIC_COUNTER] = "_total"};
  return suffixes[type];
}

static const char *type_of(const struct metrics_out *o, enum metric_type type) {
  static const char *const types[] = {
      [METRIC_INFO] = "info", [METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter"};
  return types[o->prometheus && type == METRIC_INFO ? METRIC_GAUGE : type];
}

static void head_write(const struct metrics_out *o) {
  const struct metric_words *f = &families[o->family];
  const char *suffix = o->prometheus ? suffix_of(f->type) : "";
  fprintf(o->to, "# TYPE %s%s %s\n", f->name, suffix, type_of(o, f->type));
  if (!o->prometheus && *f->unit != '\0')
    fprintf(o->to, "# UNIT %s %s\n", f->name, f->unit);
  fprintf(o->to, "# HELP %s%s %s\n", f->name, suffix, f->help);
}

void metrics_begin(struct metrics_out *o, enum metric family) {
  o->family = family;
  o->empty = true;
}

void metrics_sample(struct metrics_out *o, const char *labels) {
  if (o->empty)
    head_write(o);
  o->empty = false;
  const struct metric_words *f = &families[o->family];
  fprintf(o->to, "%s%s{%s", f->name, suffix_of(f->type), labels);
}

/* Both formats escape these three. */
static void value_write(FILE *to, const char *value) {
  char *valid = utf8_copy(value);
  for (const char *c = valid; *c != '\0'; c++)
    if (*c == '\n')
      fputs("\\n", to);
    else
      fprintf(to, *c == '\\' || *c == '"' ? "\\%c" : "%c", *c);
  free(valid);
}

static void label_write(FILE *to, const char *name, const char *value) {
  fprintf(to, "%s=\"", name);
  value_write(to, value);
  fputc('"', to);
}

void metrics_label(struct metrics_out *o, const char *name, const char *value) {
  fputc(',', o->to);
  label_write(o->to, name, value);
}

void metrics_number(struct metrics_out *o, uint64_t value) {
  fprintf(o->to, "} %" PRIu64 "\n", value);
}

void metrics_seconds(struct metrics_out *o, uint64_t ns) {
  fprintf(o->to, "} %" PRIu64 ".%03u\n", ns / 1000000000, (unsigned)(ns / 1000000 % 1000));
}

char *metrics_labels(const char *host, const char *program, unsigned pid) {
  struct text text;
  FILE *to = text_start(&text);
  label_write(to, "host", host);
  fputc(',', to);
  label_write(to, "program", program);
  fprintf(to, ",pid=\"%u\"", pid);
  return text_end(to, &text);
}

void metrics_end(struct metrics_out *o) {
  if (!o->prometheus)
    fputs("# EOF\n", o->to);
}
