/* The flow of a report, its head and its end; contracts in report.h and report_parts.h. */
#include "report_parts.h"
#include "say.h"
#include "table.h"

#include <string.h>
#include <time.h>

static void head_process(const struct view *v) {
  const struct dump_process *p = v->dump->process;
  static const char *const reasons[] = {"at exit", "on signal", "on call"};
  char when[40] = "at an unknown time";
  time_t seconds = (time_t)p->unix_time;
  struct tm tm;
  if (gmtime_r(&seconds, &tm) != NULL)
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm);
  fprintf(v->to, "%s, pid %u, %s", dump_text(v->dump, p->program), p->pid,
          p->reason < 3 ? reasons[p->reason] : "for an unknown reason");
  if (p->reason == DUMP_ON_SIGNAL)
    fprintf(v->to, " %u", p->signal);
  fprintf(v->to, ", %s, on %s, shim %s\n", when, dump_text(v->dump, p->host),
          dump_text(v->dump, p->version));
  fprintf(v->to, "  command  %s\n", dump_text(v->dump, p->command));
}

static void head_mode(const struct view *v) {
  static const char *const tags[] = {"off", "site", "stack", "verify"};
  const struct dump_process *p = v->dump->process;
  fprintf(v->to, "  tags     %s", p->tags < 4 ? tags[p->tags] : "of an unknown kind");
  if (p->tags >= DUMP_TAG_STACK)
    fprintf(v->to, ":%u", p->depth);
  if (p->tags == DUMP_TAG_OFF)
    fputs(": bytes are with rounding\n", v->to);
  else if (p->sample_bytes == 0)
    fputs(", exact: every allocation is counted\n", v->to);
  else
    fprintf(v->to, ", estimates (~): one allocation per %llu bytes was tagged\n",
            (unsigned long long)p->sample_bytes);
}

void report_head(const struct view *v) {
  const struct dump_process *p = v->dump->process;
  bool exact = v->width == 0;
  char live[24], objects[24], peak[24];
  if (!v->dump->has_processes || v->dump->n_processes == 0) {
    fputs("(which process it was is lost)\n", v->to);
    return;
  }
  head_process(v);
  head_mode(v);
  number_name(p->live_bytes, exact, live);
  number_name(p->live_objects, exact, objects);
  number_name(p->peak_bytes, exact, peak);
  fprintf(v->to, "  live     %s bytes in %s objects; peak %s%s bytes\n", live, objects,
          p->flags & DUMP_PEAK_BOUND ? "<=" : "", peak);
  if (p->flags & DUMP_FORK_CHILD)
    fprintf(v->to,
            "  a child of pid %u: counts start at the fork; what lived then counts as "
            "allocated\n",
            p->ppid);
}

size_t report_shown(const struct view *v, size_t rows) {
  return v->options->rows > 0 && v->options->rows < rows ? v->options->rows : rows;
}

void report_more(const struct view *v, size_t rows) {
  size_t more = rows - report_shown(v, rows);
  if (more > 0)
    fprintf(v->to, "%zu more row%s: -n 0 shows all\n", more, more == 1 ? "" : "s");
}

void report_health(const struct view *v) {
  bool any = false;
  for (uint32_t i = 0; i < v->dump->n_health; i++) {
    const struct dump_health *h = &v->dump->health[i];
    if (!(h->flags & DUMP_PROBLEM) || h->count == 0)
      continue;
    if (!any)
      fputs("\nhealth: these make the figures doubtful\n", v->to);
    any = true;
    fprintf(v->to, "  %12llu  %s\n", (unsigned long long)h->count, dump_text(v->dump, h->name));
  }
}

/* Whether what is asked for is in the dump; says why not. */
static bool has_what_is_asked(const struct report_options *o, const struct dump *d,
                              enum report_by by) {
  if ((by == BY_SITE || by == BY_MODULE) && d->has_accounts)
    return rows_possible(d, o->file);
  bool there = by == BY_ARENA ? d->has_arenas : by == BY_CLASS && d->has_classes;
  if (!there)
    say_error("%s: the part that this report is made of is damaged or missing: try another --by, "
              "or copy or make the dump again",
              o->file);
  else if (by == BY_CLASS && o->sort == SORT_PEAK)
    say_error("--sort peak: size classes have no peak: sort by live, allocs, bytes or waste");
  else
    return true;
  return false;
}

static enum report_by by_of(const struct report_options *o, const struct dump *d) {
  if (o->by != BY_DEFAULT)
    return o->by;
  bool sites = d->has_accounts && (d->process->tags != DUMP_TAG_OFF || d->n_accounts > 0);
  return sites || !d->has_arenas ? BY_SITE : BY_ARENA;
}

int report_write(const struct report_options *o, const struct dump *d, FILE *to) {
  struct view v = {.options = o,
                   .dump = d,
                   .to = to,
                   .width = table_width(to),
                   .estimate = d->process->sample_bytes > 0 ? "~" : ""};
  enum report_by by = by_of(o, d);
  if (!has_what_is_asked(o, d, by))
    return 2;
  report_head(&v);
  if (by == BY_ARENA)
    report_arenas(&v);
  else if (by == BY_CLASS)
    report_classes(&v);
  else
    report_sites(&v);
  report_health(&v);
  if (fflush(to) == 0 && !ferror(to))
    return 0;
  say_error("the report could not be written: check where its output goes");
  return 2;
}

int report_run(const struct report_options *o, FILE *to) {
  struct dump *d = dump_open(o->file);
  int status = d == NULL ? 2 : report_write(o, d, to);
  dump_close(d);
  return status;
}
