/* Reads the environment and writes options as text; contract in options.h. */
#include "options.h"
#include "digits.h"
#include "metrics_format.h"
#include "range.h"
#include "signal_names.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char prefix[] = "ARENASHIM_";
enum { PREFIX_LENGTH = sizeof prefix - 1 };

/* One option.  `read` stores the value; false if it is illegal.  Then the line on stderr says which
 * values are `legal`, and what is used `instead`. */
struct option {
  const char *name;
  bool (*read)(struct options *o, const char *value);
  const char *legal;
  const char *instead;
};

/* The shift that a unit stands for, if it is one of the first `units` of K, M and G. */
static unsigned unit_shift(char unit, unsigned units) {
  static const char letters[] = "KkMmGg";
  const char *at = unit != '\0' ? strchr(letters, unit) : NULL;
  size_t i = at != NULL ? (size_t)(at - letters) / 2 : units;
  return i < units ? 10 * ((unsigned)i + 1) : 0;
}

static bool read_units(const char *s, unsigned units, size_t *bytes) {
  size_t n;
  if (!digits_read(&s, &n))
    return false;
  unsigned shift = unit_shift(*s, units);
  if (shift != 0)
    s++;
  *bytes = n << shift;
  return *s == '\0' && *bytes >> shift == n;
}

static bool read_size(const char *s, size_t *bytes) { return read_units(s, 2, bytes); }

static bool read_block_size(struct options *o, const char *value) {
  size_t n;
  if (!read_size(value, &n) || !is_power_of_two(n) || n < BLOCK_BYTES_MIN || n > BLOCK_BYTES_MAX)
    return false;
  o->block_bytes = n;
  return true;
}

static bool is_off(const char *value) { return *value == '\0' || strcmp(value, "0") == 0; }

static bool read_pattern(bool *wanted, char pattern[PATTERN_MAX], const char *value) {
  *wanted = !is_off(value);
  if (!*wanted)
    return true;
  if (!pattern_is_legal(value))
    return false;
  pattern_absolute(pattern, value);
  return true;
}

static bool read_stats(struct options *o, const char *value) {
  if (strcmp(value, "1") != 0 && strcmp(value, "stderr") != 0)
    return read_pattern(&o->stats, o->stats_pattern, value);
  return o->stats = true;
}

static bool read_dump(struct options *o, const char *value) {
  return read_pattern(&o->dump, o->dump_pattern, value);
}

static bool read_record(struct options *o, const char *value) {
  return read_pattern(&o->record, o->record_pattern, value);
}

/* The file is replaced each time it is written, so its name must be the process's own, and always
 * the same: the pid goes into it, before a final ".prom". */
static void add_pid(char pattern[PATTERN_MAX], const char *value) {
  static const char end[] = METRICS_PROMETHEUS;
  struct text t = {.bytes = pattern, .capacity = PATTERN_MAX - 1};
  size_t n = strlen(value), m = sizeof end - 1;
  bool ends = n >= m && strcmp(value + n - m, end) == 0;
  for (size_t i = 0; i < n - (ends ? m : 0); i++)
    text_char(&t, value[i]);
  text_str(&t, ".%p");
  text_str(&t, ends ? end : "");
  pattern[t.length] = '\0';
}

static bool read_metrics(struct options *o, const char *value) {
  static char own[PATTERN_MAX]; /* once, in the single-threaded start */
  o->metrics = !is_off(value);
  if (!o->metrics)
    return true;
  size_t n = strlen(value);
  if (!pattern_is_legal(value) || pattern_has(value, 'n') || pattern_has(value, 't') ||
      n + sizeof METRICS_PROMETHEUS + 3 > PATTERN_MAX)
    return false;
  bool named = pattern_has(value, 'p') || value[n - 1] == '/';
  if (!named)
    add_pid(own, value);
  pattern_absolute(o->metrics_pattern, named ? value : own);
  return true;
}

/* A size, or a share of a limit: "90%". */
static bool read_dump_at(struct options *o, const char *value) {
  const char *s = value;
  size_t n;
  o->dump_at_bytes = o->dump_at_percent = 0;
  if (is_off(value))
    return true;
  if (digits_read(&s, &n) && strcmp(s, "%") == 0) {
    o->dump_at_percent = n <= 100 ? (unsigned)n : 0;
    return o->dump_at_percent != 0;
  }
  return read_units(value, 3, &o->dump_at_bytes) && o->dump_at_bytes != 0;
}

/* `value` is what follows the colon of "stack:N" or "verify:N". */
static bool read_depth(struct options *o, enum tag_option mode, const char *value) {
  size_t n;
  if (!digits_read(&value, &n) || *value != '\0' || n < 1 || n > DEPTH_MAX)
    return false;
  o->tags = mode;
  o->depth = (unsigned)n;
  return true;
}

static bool read_tag(struct options *o, const char *value) {
  o->tags_chosen = true;
  o->tags = strcmp(value, "off") == 0 ? TAGS_OFF : TAGS_SITE;
  o->depth = 1;
  if (o->tags == TAGS_OFF || strcmp(value, "site") == 0)
    return true;
  if (strncmp(value, "stack:", 6) == 0)
    return read_depth(o, TAGS_STACK, value + 6);
  return strncmp(value, "verify:", 7) == 0 && read_depth(o, TAGS_VERIFY, value + 7);
}

static bool read_sample(struct options *o, const char *value) {
  return read_size(value, &o->sample_bytes) && o->sample_bytes <= SAMPLE_MAX;
}

static bool read_signals(struct options *o, const char *value) {
  return signal_names_read(value, &o->signals);
}

static bool read_children(struct options *o, const char *value) {
  o->children = strcmp(value, "off") != 0;
  return !o->children || strcmp(value, "follow") == 0;
}

static bool read_flag(bool *flag, const char *value) {
  *flag = strcmp(value, "1") == 0;
  return *flag || strcmp(value, "0") == 0;
}
static bool read_verbose(struct options *o, const char *value) {
  return read_flag(&o->verbose, value);
}
static bool read_command(struct options *o, const char *value) {
  return read_flag(&o->command, value);
}
static bool read_disable(struct options *o, const char *value) {
  return read_flag(&o->disabled, value);
}

static const struct option options[] = {
    {"BLOCK_SIZE", read_block_size, "a power of two from 64K to 16M", "1M"},
    {"STATS", read_stats,
     "0, 1, stderr or a path pattern of at most 1023 bytes with %p, %e, %h, %t, %n, %%",
     "no report"},
    {"DUMP", read_dump, "0 or a path pattern of at most 1023 bytes with %p, %e, %h, %t, %n, %%",
     "no dump"},
    {"RECORD", read_record, "0 or a path pattern of at most 1023 bytes with %p, %e, %h, %t, %n, %%",
     "no record on disk"},
    {"METRICS", read_metrics, "0 or a path pattern of at most 1015 bytes with %p, %e, %h, %%",
     "no metrics"},
    {"DUMP_AT", read_dump_at,
     "0, a size with K, M or G, or 1% to 100% of the memory limit (of the cgroup, RLIMIT_AS or "
     "RLIMIT_DATA)",
     "no dump before memory runs out"},
    {"TAG", read_tag, "off, site, stack:N or verify:N with N from 1 to 64",
     "the default: off, with a report, dump or record stack:8"},
    {"SAMPLE", read_sample, "bytes, 0 (every request) to 1024M", "0"},
    {"SIGNAL", read_signals,
     "HUP, INT, QUIT, USR1, USR2, ALRM, TERM, URG, XCPU, XFSZ, PROF, VTALRM, WINCH, IO, PWR, the "
     "number of one of these or of a real-time signal, or several with commas between",
     "no signal"},
    {"CHILDREN", read_children, "follow or off", "follow"},
    {"VERBOSE", read_verbose, "1 or 0", "0"},
    {"COMMAND", read_command, "1 or 0", "0"},
    {"DISABLE", read_disable, "1 or 0", "0"},
};
enum { OPTIONS = sizeof options / sizeof *options };

static void complain(const char *variable, const char *rest) {
  char buffer[640];
  struct text t = TEXT_ON(buffer);
  text_str(&t, "arenashim: ");
  text_foreign(&t, variable, 200);
  text_str(&t, rest);
  text_char(&t, '\n');
  text_write(&t, STDERR_FILENO);
}

static void complain_value(const char *variable, const struct option *option) {
  char buffer[384];
  struct text t = TEXT_ON(buffer);
  text_str(&t, ": legal is ");
  text_str(&t, option->legal);
  text_str(&t, "; using ");
  text_str(&t, option->instead);
  buffer[t.length < sizeof buffer ? t.length : sizeof buffer - 1] = '\0';
  complain(variable, buffer);
}

static const struct option *option_named(const char *name, size_t length) {
  for (size_t i = 0; i < OPTIONS; i++)
    if (strncmp(name, options[i].name, length) == 0 && options[i].name[length] == '\0')
      return &options[i];
  return NULL;
}

static void defaults(struct options *o) {
  *o = (struct options){.block_bytes = BLOCK_BYTES_DEFAULT, .children = true};
}

static const char tmpdir[] = "TMPDIR=";

/* A copy, because the program can change the variable and its memory later. */
static void read_tmpdir(struct options *o, const char *value) {
  size_t length = strlen(value);
  if (*value == '/' && length < sizeof o->temporary)
    memcpy(o->temporary, value, length + 1);
}

/* One variable of the environment, "NAME=value": an option, TMPDIR, or another that is ignored. */
static void read_variable(struct options *o, const char *variable) {
  if (strncmp(variable, tmpdir, sizeof tmpdir - 1) == 0)
    read_tmpdir(o, variable + sizeof tmpdir - 1);
  if (strncmp(variable, prefix, PREFIX_LENGTH) != 0)
    return;
  const char *name = variable + PREFIX_LENGTH;
  const char *equals = strchr(name, '=');
  if (equals == NULL)
    return;
  const struct option *option = option_named(name, (size_t)(equals - name));
  if (option == NULL) {
    complain(variable,
             ": no such option; ignored (legal are ARENASHIM_BLOCK_SIZE, _STATS, "
             "_DUMP, _RECORD, _METRICS, _DUMP_AT, _TAG, _SAMPLE, _SIGNAL, _CHILDREN, _COMMAND, "
             "_VERBOSE, _DISABLE)");
    return;
  }
  static struct options before; /* too large for the program's stack */
  before = *o;
  if (!option->read(o, equals + 1)) {
    *o = before;
    complain_value(variable, option);
  }
}

/* Reads the variables from /proc: the first malloc can come before libc has set environ. */
static void read_proc(struct options *o) {
  static char bytes[64 << 10]; /* once, in the single-threaded start */
  int fd = open("/proc/self/environ", O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return;
  size_t n = 0;
  ssize_t got;
  while (n < sizeof bytes - 1 && (got = read(fd, bytes + n, sizeof bytes - 1 - n)) > 0)
    n += (size_t)got;
  close(fd);
  for (size_t at = 0; at < n; at += strlen(bytes + at) + 1)
    read_variable(o, bytes + at);
}

static struct options now;

const struct options *options_now(void) { return &now; }

void options_setup(char *const *environment) {
  struct options *o = &now;
  defaults(o);
  if (getauxval(AT_SECURE))
    return;
  if (environment == NULL)
    read_proc(o);
  else
    for (; *environment != NULL; environment++)
      read_variable(o, *environment);
  if (!o->tags_chosen && (o->stats || options_have_dumps(o) || o->record)) {
    o->tags = TAGS_STACK;
    o->depth = DEPTH_DEFAULT;
  }
  if (options_dump_at(o) && !o->dump)
    pattern_absolute(o->dump_pattern, "%e.%p.%n.dump");
}

void options_tag_text(const struct options *o, struct text *t) {
  text_str(t, o->tags == TAGS_OFF     ? "off"
              : o->tags == TAGS_SITE  ? "site"
              : o->tags == TAGS_STACK ? "stack:"
                                      : "verify:");
  if (o->tags >= TAGS_STACK)
    text_u64(t, o->depth);
}

/* Ends the option before and begins the next. */
static void option_start(struct text *t, const char *before, char after, const char *name) {
  text_char(t, after);
  text_str(t, before);
  text_str(t, prefix);
  text_str(t, name);
  text_char(t, '=');
}

static void dump_at_text(const struct options *o, struct text *t) {
  if (o->dump_at_percent != 0) {
    text_u64(t, o->dump_at_percent);
    text_char(t, '%');
  } else if (o->dump_at_bytes != 0) {
    text_size(t, o->dump_at_bytes);
  }
}

static void signals_text(const struct options *o, struct text *t) {
  for (int n = 1, any = 0; n <= SIGNAL_MAX; n++)
    if (options_has_signal(o, n)) {
      text_str(t, any++ > 0 ? "," : "");
      text_u64(t, (uint64_t)n);
    }
}

static void flags_text(const struct options *o, struct text *t, const char *before, char after) {
  const struct {
    const char *name;
    bool set;
  } flags[] = {{"COMMAND", o->command}, {"VERBOSE", o->verbose}, {"DISABLE", o->disabled}};
  for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
    option_start(t, before, after, flags[i].name);
    text_char(t, flags[i].set ? '1' : '0');
  }
}

void options_text(const struct options *o, struct text *t, const char *before, char after) {
  text_str(t, before);
  text_str(t, "ARENASHIM_BLOCK_SIZE=");
  text_size(t, o->block_bytes);
  option_start(t, before, after, "STATS");
  text_foreign(t, !o->stats ? "" : o->stats_pattern[0] ? o->stats_pattern : "stderr", PATTERN_MAX);
  option_start(t, before, after, "DUMP");
  text_foreign(t, o->dump_pattern, PATTERN_MAX);
  option_start(t, before, after, "RECORD");
  text_foreign(t, o->record_pattern, PATTERN_MAX);
  option_start(t, before, after, "METRICS");
  text_foreign(t, o->metrics_pattern, PATTERN_MAX);
  option_start(t, before, after, "DUMP_AT");
  dump_at_text(o, t);
  option_start(t, before, after, "TAG");
  options_tag_text(o, t);
  option_start(t, before, after, "SAMPLE");
  text_size(t, o->sample_bytes);
  option_start(t, before, after, "SIGNAL");
  signals_text(o, t);
  option_start(t, before, after, "CHILDREN");
  text_str(t, o->children ? "follow" : "off");
  flags_text(o, t, before, after);
  text_char(t, after);
}

void options_print(const struct options *o) {
  static char buffer[4 * PATTERN_MAX + 1024];
  struct text t = TEXT_ON(buffer);
  options_text(o, &t, "arenashim: ", '\n');
  text_write(&t, STDERR_FILENO);
}
