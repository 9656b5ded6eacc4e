/* The moment of a dump in words; contract in when.h. */
#include "when.h"
#include "say.h"

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
  return p->reason != DUMP_AT_EXIT && p->reason != DUMP_AFTER_END &&
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
    return must_print("from the record of a process that was killed%s", since);
  default:
    return must_print("snapshot for an unknown reason%s", since);
  }
}
