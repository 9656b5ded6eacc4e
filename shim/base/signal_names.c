/* Reads the names; contract in signal_names.h. */
#include "signal_names.h"
#include "digits.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static const struct {
  const char *name;
  int number;
} signals[] = {{"HUP", SIGHUP},     {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"USR1", SIGUSR1},
               {"USR2", SIGUSR2},   {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"URG", SIGURG},
               {"XCPU", SIGXCPU},   {"XFSZ", SIGXFSZ}, {"PROF", SIGPROF}, {"VTALRM", SIGVTALRM},
               {"WINCH", SIGWINCH}, {"IO", SIGIO},     {"PWR", SIGPWR}};

/* The signal with that number; 0 if it cannot ask for a report: faults, job control, and what
 * cannot be caught. */
static int by_number(size_t n) {
  if (n >= 34 && n <= 64) /* real-time signals; 32 and 33 are glibc's */
    return (int)n;
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if ((size_t)signals[i].number == n)
      return signals[i].number;
  return 0;
}

static int by_name(const char *name, size_t length) {
  for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
    if (strlen(signals[i].name) == length && memcmp(name, signals[i].name, length) == 0)
      return signals[i].number;
  return 0;
}

/* The signal that is written at *s, up to a comma or the end; moves *s there.  0 if there is none
 * that can ask for a report. */
static int read_one(const char **s) {
  const char *word = *s, *digits = *s, *end = *s + strcspn(*s, ",");
  size_t n;
  *s = end;
  if (strncmp(word, "SIG", 3) == 0)
    word += 3;
  int number = by_name(word, (size_t)(end - word));
  return number == 0 && digits_read(&digits, &n) && digits == end ? by_number(n) : number;
}

bool signal_names_read(const char *value, uint64_t *set) {
  uint64_t read = 0;
  while (*value != '\0') {
    int number = read_one(&value);
    if (number == 0 || (*value == ',' && value[1] == '\0'))
      return false;
    read |= UINT64_C(1) << (number - 1);
    value += *value == ',';
  }
  *set = read;
  return true;
}

/* Linux drops a signal with the default action that is sent to the first process of a pid namespace
 * (a container's process 1). */
bool signal_ends_process(int number) {
  bool ending = number == SIGTERM || number == SIGINT || number == SIGHUP || number == SIGQUIT ||
                number == SIGXCPU || number == SIGXFSZ || number == SIGPWR;
  return ending && getpid() != 1;
}
