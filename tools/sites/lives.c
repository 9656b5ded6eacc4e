/* Lives in words; contract in lives.h. */
#include "lives.h"

#include <stdio.h>

void lives_add(uint32_t sum[DUMP_LIVES], const uint32_t lives[DUMP_LIVES]) {
  for (unsigned c = 0; c < DUMP_LIVES; c++)
    sum[c] = lives[c] < UINT32_MAX - sum[c] ? sum[c] + lives[c] : UINT32_MAX;
}

uint64_t lives_count(const uint32_t lives[DUMP_LIVES]) {
  uint64_t sum = 0;
  for (unsigned c = 0; c < DUMP_LIVES; c++)
    sum += lives[c];
  return sum;
}

/* The first class up to which there are more than so many percent. */
static unsigned class_at(const uint32_t lives[DUMP_LIVES], unsigned percent) {
  uint64_t all = lives_count(lives), sum = 0;
  for (unsigned c = 0; c < DUMP_LIVES; c++) {
    sum += lives[c];
    if (sum * 100 > all * percent)
      return c;
  }
  return DUMP_LIVES - 1;
}

void lives_below(const uint32_t lives[DUMP_LIVES], unsigned percent, char name[UNITS_MAX]) {
  unsigned c = class_at(lives, percent);
  char number[UNITS_MAX];
  if (lives_count(lives) == 0) {
    snprintf(name, UNITS_MAX, "-");
    return;
  }
  bool last = c == DUMP_LIVES - 1;
  units_name(UINT64_C(1) << 2 * (last ? c : c + 1), UNIT_COUNT, false, number);
  snprintf(name, UNITS_MAX, "%s%.20s", last ? ">=" : "<", number);
}

bool lives_mix(const uint32_t lives[DUMP_LIVES]) {
  enum { APART = 4 }; /* classes: 4^4 is 256 */
  return lives_count(lives) > 0 && class_at(lives, 89) >= class_at(lives, 10) + APART;
}

void lives_bar(const uint32_t lives[DUMP_LIVES], char bar[DUMP_LIVES + 1]) {
  uint32_t most = 1;
  for (unsigned c = 0; c < DUMP_LIVES; c++)
    most = lives[c] > most ? lives[c] : most;
  for (unsigned c = 0; c < DUMP_LIVES; c++)
    bar[c] = ".12345678"[lives[c] == 0 ? 0 : 1 + (uint64_t)lives[c] * 7 / most];
  bar[DUMP_LIVES] = '\0';
}
