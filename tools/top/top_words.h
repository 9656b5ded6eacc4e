/* Figures in words, as units.h has numbers: changes, rates, how long something took. */
#ifndef TOOLS_TOP_WORDS_H
#define TOOLS_TOP_WORDS_H

#include "units.h"

enum { TOP_WORDS_MAX = UNITS_MAX + 2 };

/* "+1.20 MiB", "-300 B", "0 B"; exact: "+1258291". */
void top_words_change(double bytes, bool exact, char words[TOP_WORDS_MAX]);

/* Something a second: "0", "0.3", "12", "1.20k"; exact: digits, one of them behind the point. */
void top_words_rate(double rate, bool exact, char words[TOP_WORDS_MAX]);

/* "8.2 s", "3 min 5 s", "2 h 14 min", "5 d 3 h". */
void top_words_time(uint64_t ns, char words[TOP_WORDS_MAX]);

#endif
