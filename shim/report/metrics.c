/* The text of metrics; contract in metrics.h. */
#include "metrics.h"
#include "arena_name.h"
#include "heap_thread.h"
#include "large_counts.h"
#include "ledger.h"
#include "metrics_format.h"
#include "options.h"
#include "program.h"
#include "record.h"
#include "report_job.h"
#include "report_text.h"
#include "sandbox.h"
#include "site_stats.h"
#include "tag_mode.h"
#include "thread_record.h"
#include "timeline.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Arenas whose threads have one name; the last is of all other names. */
struct name_sums {
  char name[16];
  uint64_t arenas, live_bytes, live_objects;
};

/* One text at a time, in space that exists beforehand. */
static struct {
  struct report_job job;
  struct snapshot g;
  struct ledger ledger;
  struct name_sums name[METRICS_NAMES_MOST + 1];
  unsigned names;
  uint64_t live_bytes, live_objects, large_allocs;
  bool prometheus;    /* the format */
  bool failed;        /* not to be said again */
  enum metric family; /* that is written */
  struct text t;
  int fd;
  bool ok;
  char labels[2 * PROGRAM_NAME_MAX + 64]; /* that each sample has */
  char bytes[8 << 10];
} space = {.job = REPORT_JOB("metrics")};

static const struct metric_words families[] = {
#define METRIC_WORDS(what, name, type, unit, words) {name, type, unit, words},
    METRICS(METRIC_WORDS)
#undef METRIC_WORDS
};

/* ---- lines ---- */

static const char *suffix(void) {
  static const char *const suffixes[] = {
      [METRIC_INFO] = "_info", [METRIC_GAUGE] = "", [METRIC_COUNTER] = "_total"};
  return suffixes[families[space.family].type];
}

static const char *type(void) {
  static const char *const types[] = {
      [METRIC_INFO] = "info", [METRIC_GAUGE] = "gauge", [METRIC_COUNTER] = "counter"};
  enum metric_type of = families[space.family].type;
  return types[space.prometheus && of == METRIC_INFO ? METRIC_GAUGE : of];
}

static void head_line(const char *what, const char *rest) {
  struct text *t = &space.t;
  space.ok &= report_room(t, space.fd);
  text_str(t, what);
  text_str(t, families[space.family].name);
  text_str(t, space.prometheus ? suffix() : "");
  text_char(t, ' ');
  report_line(t, rest);
}

static void begin(enum metric family) {
  space.family = family;
  head_line("# TYPE ", type());
  if (!space.prometheus && families[family].unit[0] != '\0')
    head_line("# UNIT ", families[family].unit);
  head_line("# HELP ", families[family].help);
}

static void sample(void) {
  struct text *t = &space.t;
  space.ok &= report_room(t, space.fd);
  text_str(t, families[space.family].name);
  text_str(t, suffix());
  text_char(t, '{');
  text_str(t, space.labels);
}

/* Texts of our own, and such as are shown already: no line ends in them. */
static void label(const char *name, const char *value) {
  struct text *t = &space.t;
  text_char(t, ',');
  text_str(t, name);
  text_str(t, "=\"");
  for (; *value != '\0'; value++) {
    if (*value == '\\' || *value == '"')
      text_char(t, '\\');
    text_char(t, *value);
  }
  text_char(t, '"');
}

static void label_number(const char *name, uint64_t n) {
  char digits[32];
  struct text t = {.bytes = digits, .capacity = sizeof digits - 1};
  text_u64(&t, n);
  digits[t.length] = '\0';
  label(name, digits);
}

static void value(uint64_t n) {
  text_str(&space.t, "} ");
  text_u64(&space.t, n);
  text_char(&space.t, '\n');
}

static void value_seconds(uint64_t ns) {
  unsigned ms = (unsigned)(ns / 1000000 % 1000);
  text_str(&space.t, "} ");
  text_u64(&space.t, ns / 1000000000);
  text_char(&space.t, '.');
  for (unsigned digit = 100; digit > 0; digit /= 10)
    text_char(&space.t, (char)('0' + ms / digit % 10));
  text_char(&space.t, '\n');
}

static void alone(enum metric family, uint64_t n) {
  begin(family);
  sample();
  value(n);
}

/* ---- what is read ---- */

static void set_labels(void) {
  struct text t = {.bytes = space.labels, .capacity = sizeof space.labels - 1};
  text_str(&t, "host=\"");
  text_str(&t, program_host());
  text_str(&t, "\",program=\"");
  text_str(&t, program_name());
  text_str(&t, "\",pid=\"");
  text_u64(&t, (uint64_t)getpid());
  text_char(&t, '"');
  space.labels[t.length] = '\0';
}

static struct name_sums *name_sums_of(const char name[16]) {
  static const char other[sizeof space.name[0].name] = METRICS_OTHER;
  unsigned i = 0;
  while (i < space.names && i < METRICS_NAMES_MOST && strcmp(space.name[i].name, name) != 0)
    i++;
  if (i == space.names) {
    space.name[space.names++] = (struct name_sums){.arenas = 0};
    memcpy(space.name[i].name, i < METRICS_NAMES_MOST ? name : other, sizeof other);
  }
  return &space.name[i];
}

/* With samples arenas count without tags; what the process holds are then the samples. */
static void add_samples(const struct heap *h) {
  struct site_stats stats;
  sites_arena(h, space.g.tags, &stats);
  space.live_bytes += stats.sums.live_bytes;
}

static void read_arena(struct heap *h) {
  struct arena_line line;
  char name[16];
  arena_name(h, space.g.self_thread, name);
  snapshot_arena(&space.g, h, &line);
  struct name_sums *to = name_sums_of(name);
  to->arenas++;
  to->live_bytes += line.live_bytes;
  to->live_objects += line.live;
  space.large_allocs += count_get(&counts_of(h)->large_allocs);
  if (tagged_mode == TAGGED_SAMPLES)
    add_samples(h);
  else if (tagged_mode == TAGGED_ALL)
    space.live_bytes += line.live_bytes;
}

static void read_all(enum dump_reason reason) {
  timeline_now();
  snapshot_begin(&space.g, reason, tag_sums);
  ledger_read(&space.ledger, &space.g);
  space.names = 0;
  space.live_bytes = space.large_allocs = 0;
  for (unsigned i = 0; i < heap_count(); i++)
    read_arena(heap_at(i));
  if (tagged_mode == TAGGED_NONE)
    space.live_bytes = timeline_live_bytes();
}

/* ---- the families, in their order ---- */

static const char *tags_text(char words[32]) {
  static const char *const names[] = {"off", "site", "stack:", "verify:"};
  struct text t = {.bytes = words, .capacity = 31};
  text_str(&t, names[tagged_tags()]);
  if (tagged_tags() >= DUMP_TAG_STACK)
    text_u64(&t, tagged_depth());
  words[t.length] = '\0';
  return words;
}

static void write_process(void) {
  char words[32];
  begin(METRIC_BUILD);
  sample();
  label("version", ARENASHIM_VERSION);
  value(1);
  begin(METRIC_PROCESS);
  sample();
  label("tags", tags_text(words));
  label_number("sample_bytes", tagged_sample_bytes());
  label_number("attached", record_head()->attached_mono != 0);
  value(1);
  begin(METRIC_START);
  sample();
  value_seconds(program_began_ns());
  alone(METRIC_READ, (uint64_t)time(NULL));
  alone(METRIC_RUNNING, space.g.reason != DUMP_AT_EXIT);
}

static void write_sums(void) {
  uint64_t allocs = 0, frees = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++) {
    allocs += space.g.sums.allocs[c];
    frees += space.g.sums.frees[c];
  }
  alone(METRIC_LIVE, space.live_bytes);
  alone(METRIC_MAPPED, space.g.mapped);
  alone(METRIC_RESIDENT, snapshot_resident());
  begin(METRIC_LEDGER);
  for (unsigned i = 0; i < space.ledger.lines; i++) {
    sample();
    label("owner", space.ledger.line[i].name);
    value(space.ledger.line[i].bytes);
  }
  alone(METRIC_SMALL_ALLOCS, allocs);
  alone(METRIC_SMALL_FREES, frees);
  alone(METRIC_LARGE_ALLOCS, space.large_allocs);
}

static void name_sample(const struct name_sums *n, uint64_t amount) {
  char shown[64]; /* a byte is shown in 4 at most */
  struct text t = {.bytes = shown, .capacity = sizeof shown - 1};
  text_foreign(&t, n->name, sizeof shown);
  shown[t.length] = '\0';
  sample();
  label("arena", shown);
  value(amount);
}

static void write_arenas(void) {
  begin(METRIC_ARENAS);
  for (unsigned i = 0; i < space.names; i++)
    name_sample(&space.name[i], space.name[i].arenas);
  begin(METRIC_ARENA_LIVE);
  for (unsigned i = 0; i < space.names; i++)
    name_sample(&space.name[i], space.name[i].live_bytes);
  begin(METRIC_ARENA_OBJECTS);
  for (unsigned i = 0; i < space.names; i++)
    name_sample(&space.name[i], space.name[i].live_objects);
}

static bool has_class(unsigned c) {
  return space.g.survey.slabs[c] != 0 || space.g.sums.allocs[c] != 0;
}

static uint64_t class_allocs(unsigned c) { return space.g.sums.allocs[c]; }
static uint64_t class_frees(unsigned c) { return space.g.sums.frees[c]; }
static uint64_t class_waste(unsigned c) {
  const struct survey *v = &space.g.survey;
  uint64_t used = snapshot_live_bytes(&space.g, c);
  uint64_t rounding = range.tagged ? not_negative(used - v->requested_bytes[c]) : 0;
  return rounding + snapshot_idle_bytes(&space.g, c) + v->tail_bytes[c];
}

static void write_each_class(enum metric family, uint64_t (*of)(unsigned c)) {
  begin(family);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (has_class(c)) {
      sample();
      label_number("class", class_bytes(c));
      value(of(c));
    }
}

static void cells_sample(unsigned c, const char *state, uint64_t bytes) {
  sample();
  label_number("class", class_bytes(c));
  label("state", state);
  value(bytes / class_bytes(c));
}

static void write_classes(void) {
  begin(METRIC_CLASS_CELLS);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (has_class(c)) {
      cells_sample(c, "used", snapshot_live_bytes(&space.g, c));
      cells_sample(c, "free", snapshot_idle_bytes(&space.g, c));
    }
  write_each_class(METRIC_CLASS_ALLOCS, class_allocs);
  write_each_class(METRIC_CLASS_FREES, class_frees);
  write_each_class(METRIC_CLASS_WASTE, class_waste);
}

static bool write_text(struct sink *k, void *reason) {
  space.t = (struct text){.bytes = space.bytes, .capacity = sizeof space.bytes};
  space.fd = k->fd;
  space.ok = true;
  read_all(*(enum dump_reason *)reason);
  set_labels();
  write_process();
  write_sums();
  write_arenas();
  write_classes();
  snapshot_end();
  if (!space.prometheus)
    text_str(&space.t, "# EOF\n");
  return report_flush(&space.t, k->fd) && space.ok;
}

/* ---- the file ---- */

static bool ends_so(const char *pattern, const char *end) {
  size_t n = strlen(pattern), m = strlen(end);
  return n >= m && memcmp(pattern + n - m, end, m) == 0;
}

static int write_file(enum dump_reason reason, const char *pattern) {
  if (sandbox_forbids_reports())
    return space.failed ? EPERM : report_job_refuse(&space.job, reason, pattern, EPERM);
  space.prometheus = ends_so(pattern, METRICS_PROMETHEUS) || ends_so(pattern, "/");
  space.job.sink.replace = space.job.sink.file = true;
  return sink_write(&space.job.sink, space.job.what, pattern, space.failed, write_text, &reason);
}

void metrics_write(enum dump_reason reason) {
  int saved = errno;
  if (report_lock_take(&space.job.lock, snapshot_patience_ms(reason))) {
    space.failed |= write_file(reason, options_now()->metrics_pattern) != 0;
    report_lock_release(&space.job.lock);
  }
  errno = saved;
}

void metrics_reset_child(void) { report_job_fork_child(&space.job); }
void metrics_finish(void) { report_job_finish(&space.job); }
