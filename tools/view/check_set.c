/* `arenashim check`: one dump, the sum of several, or several one after the other; contract in
 * check.h.
 *
 * As text a dump that holds has one line among others; as JSON all have the same fields.
 */
#include "check_judge.h"
#include "dump_read.h"
#include "json.h"
#include "say.h"
#include "set.h"
#include "source.h"
#include "view_options.h"

#include <stdlib.h>

static const char *const verdicts[] = {"holds", "exceeded", "unknown"};

/* ---- JSON ---- */

static void figure_put(struct json_object *to, const char *value, const char *bound,
                       const struct figure *f) {
  if (f->known)
    json_put_number(to, value, f->value);
  else
    json_put(to, value, NULL);
  json_put_bool(to, bound, f->bound);
}

static void verdict_put(struct json_object *list, const struct check_verdict *c, int which,
                        bool grown) {
  static const char *const names[] = {"live_bytes", "peak_bytes", "allocs", "bytes"};
  struct json_object *to = json_object_must();
  json_put_text(to, "figure", names[which]);
  json_put_text(to, "verdict", verdicts[c->verdict]);
  figure_put(to, "is", "is_bound", &c->is);
  json_put_number(to, "at_most", c->most);
  if (grown)
    figure_put(to, "was", "was_bound", &c->was);
  json_add(list, to);
}

static struct json_object *verdicts_array(const struct check_verdict all[CHECKS], bool grown) {
  struct json_object *list = json_array_must();
  for (int i = 0; i < CHECKS; i++)
    if (all[i].asked)
      verdict_put(list, &all[i], i, grown);
  return list;
}

static void file_put(struct json_object *list, const char *file, const struct dump *d,
                     const struct check_result *r) {
  struct json_object *to = json_object_must();
  json_put_text(to, "file", file);
  json_put_text(to, "verdict", verdicts[r->verdict]);
  json_put_text(to, "program", d != NULL ? dump_text(d, d->process->program) : NULL);
  json_put_number(to, "pid", d != NULL ? d->process->pid : 0);
  json_put_number(to, "processes", d != NULL ? dump_processes(d) : 0);
  json_put_bool(to, "is_low", d != NULL && (d->process->flags & DUMP_PARTIAL) != 0);
  json_put(to, "limits", verdicts_array(r->limits, false));
  json_put(to, "growths", verdicts_array(r->growths, true));
  json_add(list, to);
}

/* ---- files ---- */

struct checking {
  struct check_options *options;
  const struct dump *old;   /* the baseline; NULL: none */
  struct json_object *list; /* NULL: as text */
  enum verdict verdict;
  size_t counts[3]; /* of each verdict */
};

static void verdict_add(struct checking *c, enum verdict v) {
  c->verdict = check_worse(c->verdict, v);
  c->counts[v]++;
}

static bool is_possible(const struct checking *c, const struct dump *d) {
  const struct view_options *v = &c->options->view;
  return d != NULL && check_is_possible(d, v->file) &&
         (c->old == NULL || check_is_possible(c->old, v->old));
}

static enum verdict json_judge(const struct checking *c, const struct dump *d) {
  struct check_result r = {.verdict = UNKNOWN};
  if (is_possible(c, d))
    r = check_judge(c->options, c->old, d);
  file_put(c->list, c->options->view.file, d, &r);
  return r.verdict;
}

/* One of several: what holds needs no table. */
static enum verdict line_judge(const struct checking *c, const struct dump *d) {
  struct check_result r = {.verdict = UNKNOWN};
  bool possible = is_possible(c, d);
  if (possible)
    r = check_judge(c->options, c->old, d);
  printf("%s: %s\n", c->options->view.file, verdicts[r.verdict]);
  if (possible && r.verdict != HOLDS)
    check_write(&c->options->view, c->old, d, stdout);
  return r.verdict;
}

/* Each by itself; of several dumps of one process the last. */
static void each_judge(struct checking *c) {
  struct view_options *v = &c->options->view;
  struct set_count count = {0};
  size_t n, *chosen = set_choose(&v->files, source_dump, &count, &n);
  for (size_t i = 0; i < n; i++) {
    v->file = v->files.names[chosen[i]];
    struct dump *d = source_dump(v->file);
    verdict_add(c, c->list != NULL ? json_judge(c, d) : line_judge(c, d));
    dump_close(d);
  }
  free(chosen);
  if (c->list == NULL)
    printf("%zu dumps: %zu hold, %zu exceeded, %zu unknown\n", n, c->counts[HOLDS],
           c->counts[EXCEEDED], c->counts[UNKNOWN]);
}

/* One dump, or the sum of all; what is not in it makes it too low. */
static void sum_judge(struct checking *c) {
  size_t unread;
  struct view_options *v = &c->options->view;
  struct dump *d = set_open(&v->files, source_dump, &unread);
  if (c->list != NULL)
    verdict_add(c, json_judge(c, d));
  else
    verdict_add(c, d == NULL ? UNKNOWN : check_write(v, c->old, d, stdout));
  dump_close(d);
}

/* ---- the command ---- */

static void json_end(struct checking *c) {
  struct json_object *all = json_object_must();
  json_put_text(all, "format", "arenashim check");
  json_put_number(all, "version", 1);
  json_put_text(all, "verdict", verdicts[c->verdict]);
  json_put(all, "files", c->list);
  json_write(all, stdout);
}

/* The baseline of a check of each is one dump. */
static bool baseline_open(struct check_options *o, bool each, struct dump **old) {
  size_t unread;
  *old = NULL;
  if (o->view.old == NULL)
    return true;
  if (each && o->view.olds.is_set) {
    say_error("--baseline=%s: several dumps can be compared with a sum: add --sum", o->view.old);
    return false;
  }
  *old = set_open(&o->view.olds, source_dump, &unread);
  return *old != NULL && unread == 0;
}

static enum verdict all_judge(struct check_options *o) {
  bool each = o->view.files.count > 1 && !o->sum;
  struct checking c = {.options = o, .verdict = HOLDS};
  struct dump *old;
  if (!baseline_open(o, each, &old)) {
    dump_close(old);
    return UNKNOWN;
  }
  c.old = old;
  c.list = o->json ? json_array_must() : NULL;
  if (each)
    each_judge(&c);
  else
    sum_judge(&c);
  if (c.list != NULL)
    json_end(&c);
  dump_close(old);
  if ((!each && !o->json) || (fflush(stdout) == 0 && !ferror(stdout)))
    return c.verdict;
  say_error("the report could not be written: check where its output goes");
  return UNKNOWN;
}

int check_command(int argc, char **argv) {
  struct check_options o = {.view.rows = 5};
  view_parse(&check_argp, &o.view, 0, argc, argv);
  enum verdict verdict = all_judge(&o);
  inputs_free(&o.view.files);
  inputs_free(&o.view.olds);
  fold_free(o.view.names.fold);
  return verdict;
}
