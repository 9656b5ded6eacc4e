/* The few functions of real numbers that samples and jemalloc's profiler need, by the processor's
 * own instructions (x87): libm would cost each process 328 KiB of memory and 70 us at its start.
 *
 * Each result is wrong by less than one unit in the last place of a double: the processor's own
 * error is below one of its 64 bits, and the result is rounded once.  An argument outside the range
 * given here has no defined result; errno is not set, and floating-point exceptions mean nothing.
 * Any thread; async-signal-safe.
 */
#ifndef SHIM_ARCH_MATH_H
#define SHIM_ARCH_MATH_H

#include "base.h"

hidden double math_log(double x);   /* natural logarithm; x > 0 */
hidden double math_exp(double x);   /* e^x; any finite x */
hidden double math_expm1(double x); /* e^x - 1, precise near 0, too; any finite x */
hidden double math_round(double x); /* to the nearest whole number, halves away from 0 */
hidden double math_floor(double x); /* the largest whole number that is not above x */

#endif
