/* The head and the end of what is shown of a dump; contract in view.h. */
#include "view.h"
#include "cover.h"
#include "cuts.h"
#include "mapped.h"
#include "memory_words.h"
#include "recorded.h"
#include "say.h"
#include "text.h"
#include "when.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct view view_of(const struct view_options *o, const struct dump *d, FILE *to) {
  unsigned width = table_width(to);
  bool fit = o->rows == ROWS_THAT_FIT;
  return (struct view){.options = o,
                       .dump = d,
                       .to = to,
                       .width = width,
                       .height = fit && !o->all ? table_height(to) : 0,
                       .exact = width == 0 || o->exact,
                       .is_short = width > 0 && !o->all,
                       .limit = fit || o->all ? 0 : o->rows,
                       .estimate = d->process->sample_bytes > 0 ? "~" : ""};
}

void view_session(const struct view *v, struct session *s) {
  struct option_names names = v->options->names;
  names.join_runtime = v->is_short;
  session_open(s, v->dump, &names, v->options->by);
}

static void process_print(const struct view *v, FILE *to) {
  const struct dump_process *p = v->dump->process;
  char when[40] = "at an unknown time", *moment = dump_when(v->dump, 0);
  time_t seconds = (time_t)p->unix_time;
  struct tm tm;
  if (gmtime_r(&seconds, &tm) != NULL)
    strftime(when, sizeof when, "%Y-%m-%d %H:%M:%S UTC", &tm);
  if (p->reason == DUMP_MERGED)
    fprintf(to, "%s, %s, the last %s, on %s, shim %s\n", dump_text(v->dump, p->program), moment,
            when, dump_text(v->dump, p->host), dump_text(v->dump, p->version));
  else
    fprintf(to, "%s, pid %u, %s, %s, on %s, shim %s\n", dump_text(v->dump, p->program), p->pid,
            moment, when, dump_text(v->dump, p->host), dump_text(v->dump, p->version));
  free(moment);
}

static void mode_print(const struct view *v, FILE *to) {
  static const char *const tags[] = {"off", "site", "stack", "verify"};
  const struct dump_process *p = v->dump->process;
  char period[UNITS_MAX];
  view_bytes(v, p->sample_bytes, period);
  fprintf(to, "  tags     %s", p->tags < 4 ? tags[p->tags] : "of an unknown kind");
  if (p->tags >= DUMP_TAG_STACK)
    fprintf(to, ":%u", p->depth);
  if (p->flags & DUMP_NO_UNWINDER)
    fputs(" (more was asked for, but libunwind.so.8 was not there: install libunwind8)", to);
  if (p->tags == DUMP_TAG_OFF)
    fputs(": bytes are with rounding\n", to);
  else if (p->sample_bytes == 0)
    fprintf(to, ", exact: every allocation %s\n",
            dump_is_attached(v->dump) ? "while somebody was attached is counted" : "is counted");
  else
    fprintf(to, ", estimates (~): one allocation per %s was tagged\n", period);
}

/* Of a process that somebody attached to: what the figures are of. */
static void recorded_print(const struct view *v, FILE *to) {
  char *recorded = dump_recorded(v->dump);
  if (recorded != NULL)
    fprintf(to, "  attached %s\n", recorded);
  free(recorded);
}

static const char *which_objects(const struct dump *d) {
  if (d->process->tags == DUMP_TAG_OFF)
    return " of arenas; large ones are not counted";
  return dump_lacks_before(d) ? " requested while somebody was attached" : "";
}

static void counts_print(const struct view *v, FILE *to) {
  const struct dump_process *p = v->dump->process;
  char live[UNITS_MAX], objects[UNITS_MAX], peak[UNITS_MAX];
  view_bytes(v, p->live_bytes, live);
  units_name(p->live_objects, UNIT_COUNT, v->exact, objects);
  view_bytes(v, p->peak_bytes, peak);
  if (v->dump->mapped) {
    fprintf(to, "  mapped   %s in %s ranges by the program itself; peak %s\n", live, objects, peak);
    return;
  }
  fprintf(to, "  live     %s%s in %s%s objects%s; peak %s%s\n", v->estimate, live, v->estimate,
          objects, which_objects(v->dump), dump_peak_mark(v->dump), peak);
}

static void doubts_print(const struct view *v, FILE *to) {
  const struct dump_process *p = v->dump->process;
  char noise[UNITS_MAX];
  view_bytes(v, peak_noise(v->dump), noise);
  if (p->sample_bytes > 0)
    fprintf(to,
            "  peak     may be ~%s too high, by the noise of samples\n"
            "  waste    by call site is not known with samples\n",
            noise);
  if (p->flags & DUMP_FORK_CHILD)
    fprintf(to,
            "  a child of pid %u: counts start at the fork; what lived then counts as "
            "allocated\n",
            p->ppid);
}

/* Each line below the others' second column. */
static void below_print(const char *title, const char *lines, FILE *to) {
  for (const char *line = lines, *end; *line != '\0'; line = end + 1) {
    end = strchr(line, '\n');
    fprintf(to, "  %-9s%.*s\n", line == lines ? title : "", (int)(end - line), line);
  }
}

static void cover_print(const struct view *v, FILE *to) {
  if (v->dump->mapped)
    return;
  char *memory = memory_lines(v->dump), *cover = memory == NULL ? cover_lines(v->dump) : NULL;
  if (memory != NULL)
    below_print("resident", memory, to);
  else if (cover != NULL)
    below_print("covers", cover, to);
  free(memory);
  free(cover);
}

/* Programs that write their own title (redis-server) fill it up with blanks. */
static void command_print(const struct view *v, FILE *to) {
  const char *words = dump_text(v->dump, v->dump->process->command);
  size_t length = strlen(words);
  while (length > 0 && words[length - 1] == ' ')
    length--;
  fprintf(to, "  command  %.*s\n", (int)length, words);
}

/* Where the rest of the memory may be: what the program mapped without malloc, if that is much. */
static void mapped_print(const struct view *v, FILE *to) {
  enum { LEAST = 1 << 20 };
  uint64_t mapped = mapped_live(v->dump);
  char bytes[UNITS_MAX];
  if (v->dump->mapped || mapped < LEAST || mapped < v->dump->process->live_bytes / 10)
    return;
  view_bytes(v, mapped, bytes);
  fprintf(to, "  mapped   %s more by the program itself, not by malloc: --kind mapped shows it\n",
          bytes);
}

static void head_print(const struct view *v, const char *words, enum view_detail detail) {
  struct text text;
  FILE *to = text_start(&text);
  fputs(words, to);
  if (!v->dump->has_processes || v->dump->n_processes == 0)
    fputs("(which process it was is lost)\n", to);
  else
    process_print(v, to);
  if (v->dump->n_processes > 0 && detail == DETAIL_ALL) {
    command_print(v, to);
    mode_print(v, to);
  }
  if (v->dump->n_processes > 0 && detail <= DETAIL_SOME) {
    recorded_print(v, to);
    counts_print(v, to);
  }
  if (v->dump->n_processes > 0 && detail == DETAIL_ALL) {
    doubts_print(v, to);
    cover_print(v, to);
    mapped_print(v, to);
  }
  lines_fit(text_end(to, &text), v->width, v->to);
  free(text.at);
}

void view_head(const struct view *v) { head_print(v, "", v->detail); }
void view_process(const struct view *v, const char *words) { head_print(v, words, DETAIL_ROWS); }

void view_cuts(const struct view *v, const struct names *names) {
  uint32_t cut = cuts_count(v->dump, names), depth = v->dump->process->depth;
  unsigned remedy = cuts_remedy(v->dump);
  char words[120], more[60] = "";
  if (cut == 0 || v->detail != DETAIL_ALL)
    return;
  if (remedy > 0)
    snprintf(more, sizeof more, "; longer ones: %sstack:%u",
             dump_is_attached(v->dump) ? "arenashim attach --tag " : "ARENASHIM_TAG=", remedy);
  snprintf(words, sizeof words, "  cut      %u path%s, at %u frames%s\n", cut, cut == 1 ? "" : "s",
           depth, more);
  lines_fit(words, v->width, v->to);
}

void view_waste(const struct view *v, struct table *t, uint64_t bytes) {
  if (waste_known(v->dump))
    table_number(t, UNIT_BYTES, "", bytes);
  else
    table_words(t, "-");
}

void view_bytes(const struct view *v, uint64_t bytes, char name[UNITS_MAX]) {
  units_bytes(bytes, v->exact, name);
}
