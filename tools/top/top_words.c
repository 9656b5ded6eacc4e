/* Figures in words; contract in top_words.h. */
#include "top_words.h"

#include <math.h>
#include <stdio.h>

void top_words_change(double bytes, bool exact, char words[TOP_WORDS_MAX]) {
  char name[UNITS_MAX];
  double size = round(fabs(bytes));
  units_name(size < 0x1p63 ? (uint64_t)size : UINT64_MAX / 2, UNIT_BYTES, exact, name);
  snprintf(words, TOP_WORDS_MAX, "%s%s", size < 1 ? "" : bytes < 0 ? "-" : "+", name);
}

void top_words_rate(double rate, bool exact, char words[TOP_WORDS_MAX]) {
  if (exact || (rate > 0 && rate < 9.95))
    snprintf(words, TOP_WORDS_MAX, "%.1f", rate);
  else
    units_name((uint64_t)(rate + 0.5), UNIT_COUNT, false, words);
}

void top_words_time(uint64_t lived_ns, char words[TOP_WORDS_MAX]) {
  unsigned long long ns = lived_ns, s = ns / 1000000000u;
  if (s < 60)
    snprintf(words, TOP_WORDS_MAX, "%llu.%llu s", s, ns / 100000000u % 10);
  else if (s < 3600)
    snprintf(words, TOP_WORDS_MAX, "%llu min %llu s", s / 60, s % 60);
  else if (s < 86400)
    snprintf(words, TOP_WORDS_MAX, "%llu h %llu min", s / 3600, s / 60 % 60);
  else
    snprintf(words, TOP_WORDS_MAX, "%llu d %llu h", s / 86400, s / 3600 % 24);
}
