/* Numbers that people read, and sizes that they write; contract in units.h. */
#include "units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How numbers of one kind are scaled.  `full`: what rounds to a whole step gets the next unit. */
static const struct scale {
  double step, full;
  const char *const names[7];
} scales[] = {
    [UNIT_COUNT] = {1000, 999.5, {"", "k", "M", "G", "T", "P", "E"}},
    [UNIT_BYTES] = {1024, 1023.5, {" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB"}},
};

/* Digits behind the point, so that three are shown in all. */
static int decimals(double scaled) { return scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0; }

void units_name(uint64_t value, enum unit unit, bool exact, char name[UNITS_MAX]) {
  const struct scale *s = &scales[unit];
  double scaled = (double)value;
  unsigned power = 0;
  for (; scaled >= (power == 0 ? s->step : s->full); power++)
    scaled /= s->step;
  if (exact || power == 0)
    snprintf(name, UNITS_MAX, "%llu%s", (unsigned long long)value, exact ? "" : s->names[0]);
  else
    snprintf(name, UNITS_MAX, "%.*f%s", decimals(scaled), scaled, s->names[power]);
}

void units_bytes(uint64_t bytes, bool exact, char name[UNITS_MAX]) {
  units_name(bytes, UNIT_BYTES, exact, name);
  if (exact)
    snprintf(name, UNITS_MAX, "%llu bytes", (unsigned long long)bytes);
}

void units_percent(uint64_t part, uint64_t whole, char name[UNITS_MAX]) {
  if (whole > 0)
    snprintf(name, UNITS_MAX, "%.1f%%", 100.0 * (double)part / (double)whole);
  else
    snprintf(name, UNITS_MAX, "-");
}

/* The power of two that a unit stands for; -1: it is none. */
static int unit_shift(const char *unit) {
  static const char letters[] = "KMGT";
  if (*unit == '\0' || strcmp(unit, "B") == 0)
    return 0;
  const char *letter = strchr(letters, *unit);
  if (letter == NULL || (unit[1] != '\0' && strcmp(unit + 1, "iB") != 0))
    return -1;
  return 10 * (int)(letter - letters + 1);
}

/* Reads the digits that a word begins with; `end`: what follows them.  False: there are none, or
 * more than 64 bits hold. */
static bool digits_read(const char *word, uint64_t *number, char **end) {
  errno = 0;
  *number = strtoull(word, end, 10);
  return *word >= '0' && *word <= '9' && errno == 0;
}

bool units_count_read(const char *word, uint64_t *count) {
  char *end;
  uint64_t number;
  if (!digits_read(word, &number, &end) || *end != '\0')
    return false;
  *count = number;
  return true;
}

bool units_read(const char *word, uint64_t *bytes) {
  char *end;
  uint64_t size;
  if (!digits_read(word, &size, &end))
    return false;
  int shift = unit_shift(end);
  if (shift < 0 || size > UINT64_MAX >> shift)
    return false;
  *bytes = size << shift;
  return true;
}

bool units_time_read(const char *word, uint64_t *ns) {
  static const struct {
    const char *name;
    double ns;
  } units[] = {{"", 1e9}, {"s", 1e9}, {"ms", 1e6}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
  char *end;
  double number = strtod(word, &end);
  for (size_t i = 0; *word >= '0' && *word <= '9' && i < sizeof units / sizeof *units; i++)
    if (strcmp(end, units[i].name) == 0 && number * units[i].ns < 30.0 * 365 * 86400e9) {
      *ns = (uint64_t)(number * units[i].ns);
      return true;
    }
  return false;
}
