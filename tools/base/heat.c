/* Colours; contract in heat.h. */
#include "heat.h"

#include <stdlib.h>
#include <string.h>

enum heat heat_of(uint64_t part, uint64_t whole) {
  double share = whole > 0 ? (double)part / (double)whole : 0;
  return share >= 0.25 ? HEAT_HOT : share >= 0.05 ? HEAT_WARM : HEAT_NONE;
}

bool heat_wanted(unsigned width) {
  const char *never = getenv("NO_COLOR"), *term = getenv("TERM");
  return width > 0 && (never == NULL || *never == '\0') && term != NULL && *term != '\0' &&
         strcmp(term, "dumb") != 0;
}

const char *heat_start(enum heat heat, bool wanted) {
  if (!wanted)
    return "";
  return heat == HEAT_HOT     ? "\033[1;31m"
         : heat == HEAT_WARM  ? "\033[33m"
         : heat == HEAT_TITLE ? "\033[1m"
                              : "";
}
