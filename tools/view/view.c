/* The head and the end of what is shown of a dump; contract in view.h. */
#include "view.h"
#include "cover.h"
#include "cuts.h"
#include "say.h"
#include "table.h"
#include "text.h"
#include "when.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct view view_of(const struct view_options *o, const struct dump *d, FILE *to) {
  return (struct view){.options = o,
                       .dump = d,
                       .to = to,
                       .width = table_width(to),
                       .estimate = d->process->sample_bytes > 0 ? "~" : ""};
}

static void process_print(const struct view *v, FILE *to) {
  const struct dump_process *p = v->dump->process;
  char when[40] = "at an unknown time", *moment = dump_when(v->dump, 0);
  time_t seconds = (time_t)p->unix_time;
  struct tm tm;
  if (gmtime_r(&seconds, &tm) != NULL)
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm);
  fprintf(to, "%s, pid %u, %s, %s, on %s, shim %s\n", dump_text(v->dump, p->program), p->pid,
          moment, when, dump_text(v->dump, p->host), dump_text(v->dump, p->version));
  free(moment);
}

static void mode_print(const struct view *v, FILE *to) {
  static const char *const tags[] = {"off", "site", "stack", "verify"};
  const struct dump_process *p = v->dump->process;
  fprintf(to, "  tags     %s", p->tags < 4 ? tags[p->tags] : "of an unknown kind");
  if (p->tags >= DUMP_TAG_STACK)
    fprintf(to, ":%u", p->depth);
  if (p->flags & DUMP_NO_UNWINDER)
    fputs(" (more was asked for, but libunwind.so.8 was not there: install libunwind8)", to);
  if (p->tags == DUMP_TAG_OFF)
    fputs(": bytes are with rounding\n", to);
  else if (p->sample_bytes == 0)
    fputs(", exact: every allocation is counted\n", to);
  else
    fprintf(to, ", estimates (~): one allocation per %llu bytes was tagged\n",
            (unsigned long long)p->sample_bytes);
}

static void counts_print(const struct view *v, FILE *to) {
  const struct dump_process *p = v->dump->process;
  bool exact = v->width == 0;
  char live[24], objects[24], peak[24];
  number_name(p->live_bytes, exact, live);
  number_name(p->live_objects, exact, objects);
  number_name(p->peak_bytes, exact, peak);
  fprintf(to, "  live     %s%s bytes in %s%s objects%s; peak %s%s bytes\n", v->estimate, live,
          v->estimate, objects,
          p->tags == DUMP_TAG_OFF ? " of arenas; large ones are not counted" : "",
          dump_peak_mark(v->dump), peak);
  number_name(peak_noise(v->dump), exact, peak);
  if (p->sample_bytes > 0)
    fprintf(to,
            "  peak     may be ~%s bytes too high, by the noise of samples\n"
            "  waste    by call site is not known with samples\n",
            peak);
  if (p->flags & DUMP_FORK_CHILD)
    fprintf(to,
            "  a child of pid %u: counts start at the fork; what lived then counts as "
            "allocated\n",
            p->ppid);
}

/* Each line below the others' second column. */
static void cover_print(const struct view *v, FILE *to) {
  char *lines = cover_lines(v->dump);
  for (char *line = lines, *end; line != NULL && *line != '\0'; line = end + 1) {
    end = strchr(line, '\n');
    fprintf(to, "  %-9s%.*s\n", line == lines ? "covers" : "", (int)(end - line), line);
  }
  free(lines);
}

/* Programs that write their own title (redis-server) fill it up with blanks. */
static void command_print(const struct view *v, FILE *to) {
  const char *words = dump_text(v->dump, v->dump->process->command);
  size_t length = strlen(words);
  while (length > 0 && words[length - 1] == ' ')
    length--;
  fprintf(to, "  command  %.*s\n", (int)length, words);
}

static void head_print(const struct view *v, const char *words, bool all) {
  struct text text;
  FILE *to = text_start(&text);
  fputs(words, to);
  if (!v->dump->has_processes || v->dump->n_processes == 0) {
    fputs("(which process it was is lost)\n", to);
  } else {
    process_print(v, to);
    if (all) {
      command_print(v, to);
      mode_print(v, to);
      counts_print(v, to);
      cover_print(v, to);
    }
  }
  lines_fit(text_end(to, &text), v->width, v->to);
  free(text.at);
}

void view_head(const struct view *v) { head_print(v, "", true); }
void view_process(const struct view *v, const char *words) { head_print(v, words, false); }

void view_cuts(const struct view *v, const struct names *names) {
  uint32_t cut = cuts_count(v->dump, names), depth = v->dump->process->depth;
  unsigned remedy = cuts_remedy(v->dump);
  char words[120], more[60] = "";
  if (cut == 0)
    return;
  if (remedy > 0)
    snprintf(more, sizeof more, "; longer ones: ARENASHIM_TAG=stack:%u", remedy);
  snprintf(words, sizeof words, "  cut      %u path%s, at %u frames%s\n", cut, cut == 1 ? "" : "s",
           depth, more);
  lines_fit(words, v->width, v->to);
}

void view_waste(const struct view *v, struct table *t, uint64_t bytes) {
  if (waste_known(v->dump))
    table_number(t, "", bytes);
  else
    table_words(t, "-");
}

size_t view_shown(const struct view *v, size_t rows) {
  return v->options->rows > 0 && v->options->rows < rows ? v->options->rows : rows;
}

void view_more(const struct view *v, size_t rows) {
  size_t more = rows - view_shown(v, rows);
  if (more > 0)
    fprintf(v->to, "%zu more row%s: -n 0 shows all\n", more, more == 1 ? "" : "s");
}

void view_health(const struct view *v) {
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

int view_end(const struct view *v, int status) {
  view_health(v);
  if (fflush(v->to) == 0 && !ferror(v->to))
    return status;
  say_error("the report could not be written: check where its output goes");
  return 2;
}
