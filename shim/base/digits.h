/* Decimal numbers in options and paths. */
#ifndef SHIM_DIGITS_H
#define SHIM_DIGITS_H

#include "base.h"

/* Reads the decimal digits at the front of *s into *n and moves *s behind them.  False, with *s and
 * *n unchanged, if the number does not fit; false, too, with *n 0, if there is no digit.  A sign or
 * a space is no digit.  Any thread, any context. */
hidden bool digits_read(const char **s, size_t *n);

#endif
