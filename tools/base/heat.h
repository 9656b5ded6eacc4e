/* Colours of a terminal, by what they mean: a title, or how large a share of a whole a row is. */
#ifndef TOOLS_HEAT_H
#define TOOLS_HEAT_H

#include <stdbool.h>
#include <stdint.h>

enum heat { HEAT_NONE = '0', HEAT_TITLE, HEAT_WARM, HEAT_HOT }; /* each one character */

/* From a twentieth on warm, from a quarter on hot. */
enum heat heat_of(uint64_t part, uint64_t whole);

/* Whether a terminal of that width (0: none) wants colours: not under NO_COLOR, or when it is dumb.
 */
bool heat_wanted(unsigned width);

/* What turns a colour on; "" when there is none.  Where it isn't, HEAT_OFF ends it. */
const char *heat_start(enum heat heat, bool wanted);
#define HEAT_OFF "\033[m"

#endif
