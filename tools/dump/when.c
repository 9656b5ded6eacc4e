/* The moment of a dump in words; contract in when.h. */
#include "when.h"
#include "say.h"
#include "units.h"

#include <signal.h>
#include <string.h>

/* Before version 1.1 only the signal says it: the shim lets these end the process. */
static bool ends(const struct dump_process *p) {
  static const uint32_t ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU, SIGXFSZ, SIGPWR};
  for (size_t i = 0; p->start_ns == 0 && i < sizeof ending / sizeof *ending; i++)
    if (p->signal == ending[i])
      return true;
  return p->flags & DUMP_LAST;
}

bool dump_is_snapshot(const struct dump *d) {
  const struct dump_process *p = d->process;
  return p->reason != DUMP_AT_EXIT && p->reason != DUMP_AFTER_END && p->reason != DUMP_MERGED &&
         !(p->reason == DUMP_ON_SIGNAL && ends(p));
}

/* "USR2", or the number of one without a name, such as a real-time signal. */
static void signal_name(uint32_t number, char name[16]) {
  const char *word = number < NSIG ? sigabbrev_np((int)number) : NULL;
  if (word != NULL)
    snprintf(name, 16, "%s", word);
  else
    snprintf(name, 16, "%u", number);
}

/* ", 6.2 s before the end"; nothing when that is not known. */
static void moment(const struct dump_process *p, uint64_t end_ns, char words[64]) {
  bool before = end_ns > 0;
  uint64_t ns = !before ? p->lived_ns : end_ns > p->lived_ns ? end_ns - p->lived_ns : 0;
  words[0] = '\0';
  if (p->lived_ns > 0)
    snprintf(words, 64, ", %.1f s %s", (double)ns / 1e9,
             before ? "before the end" : "after the start");
}

/* What limit of the system's it is; NULL: a size that the user gave, or one that is not known. */
static const char *limit_name(uint32_t kind) {
  return kind == DUMP_LIMIT_CGROUP          ? "its cgroup"
         : kind == DUMP_LIMIT_ADDRESS_SPACE ? "RLIMIT_AS"
         : kind == DUMP_LIMIT_DATA          ? "RLIMIT_DATA"
                                            : NULL;
}

/* "snapshot at 91 % of the limit of 200 MiB (its cgroup)"; of a size, "snapshot with 512 MiB
 * mapped". */
static char *limit_when(const struct dump_process *p, const char *since) {
  char limit[UNITS_MAX], used[UNITS_MAX];
  const char *name = limit_name(p->limit_kind);
  units_bytes(p->limit_bytes, false, limit);
  units_bytes(p->limit_used, false, used);
  if (name == NULL || p->limit_bytes == 0)
    return must_print("snapshot with %s mapped%s", used, since);
  return must_print("snapshot at %.0f %% of the limit of %s (%s%s)%s",
                    (double)p->limit_used / (double)p->limit_bytes * 100, limit, name,
                    p->flags & DUMP_LIMIT_UNTOUCHED ? "; with memory not touched yet" : "", since);
}

/* "killed by SIGSEGV", of a process that wrote no dump. */
static char *after_end(const struct dump_process *p, const char *since) {
  char name[16], how[40] = "killed, or ended without a dump";
  signal_name(p->signal, name);
  if (p->flags & DUMP_REPLACED)
    snprintf(how, sizeof how, "became another program by exec");
  else if (p->signal != 0)
    snprintf(how, sizeof how, "killed by SIG%s", name);
  return must_print("%s; from its record%s%s", how, *since != '\0' ? ", last written" : "",
                    *since != '\0' ? since + 1 : "");
}

char *dump_when(const struct dump *d, uint64_t end_ns) {
  const struct dump_process *p = d->process;
  char name[16], since[64];
  signal_name(p->signal, name);
  moment(p, end_ns, since);
  switch (p->reason) {
  case DUMP_AT_EXIT:
    return must_copy("at exit");
  case DUMP_ON_SIGNAL:
    return dump_is_snapshot(d) ? must_print("snapshot on signal %s%s", name, since)
                               : must_print("on signal %s, which ended it", name);
  case DUMP_ON_CALL:
    return must_print("snapshot by a call of arenashim_dump%s", since);
  case DUMP_FROM_OUTSIDE:
    return must_print("read while it ran%s", since);
  case DUMP_AFTER_END:
    return after_end(p, since);
  case DUMP_MERGED:
    return must_print("the sums of %u process%s", dump_processes(d),
                      dump_processes(d) == 1 ? "" : "es");
  case DUMP_AT_LIMIT:
    return limit_when(p, since);
  default:
    return must_print("snapshot for an unknown reason%s", since);
  }
}
