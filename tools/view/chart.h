/* A time axis drawn in a terminal.
 *
 *   10.2 MiB |        ..........              area: live bytes, a column's highest
 *            |      :#####.                   .  mapped bytes
 *            |     ########
 *            |..##############                :  marks and events, with a letter below
 *            +----------------
 *             0    a ^       12.5 s           ^  the highest moment
 */
#ifndef TOOLS_CHART_H
#define TOOLS_CHART_H

#include "dump.h"

#include <stdio.h>

enum { CHART_ROWS = 10, CHART_LEAST = 40, CHART_LETTERS = 26 };

/* Which letter stands for an event: 'a' for the first of d->events ... ; '\0': none is left. */
char chart_letter(uint32_t event);

/* Draws it in `width` columns, at least CHART_LEAST; the dump has moments. */
void chart_draw(const struct dump *d, unsigned width, bool exact, FILE *to);

#endif
