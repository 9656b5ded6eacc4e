/* Functions of real numbers for x86-64; contract in arch_math.h.  A port adds its own section. */
#include "arch_math.h"

#if defined __x86_64__

double math_log(double x) {
  long double result; /* ln 2 * log2 x */
  __asm__("fldln2\n\tfxch\n\tfyl2x" : "=t"(result) : "0"((long double)x) : "st(1)");
  return (double)result;
}

/* 2^f - 1 for -1 <= f <= 1. */
static long double power_less_one(long double f) {
  long double result;
  __asm__("f2xm1" : "=t"(result) : "0"(f));
  return result;
}

/* x * 2^power */
static long double scaled(long double x, long double power) {
  long double result;
  __asm__("fscale" : "=t"(result) : "0"(x), "u"(power));
  return result;
}

/* The nearest whole number. */
static long double whole(long double x) {
  long double result;
  __asm__("frndint" : "=t"(result) : "0"(x));
  return result;
}

/* The e for which 2^e is e^x: x * log2 e. */
static long double binary_exponent(double x) {
  long double log2e;
  __asm__("fldl2e" : "=t"(log2e));
  return x * log2e;
}

/* 2^e */
static long double power(long double e) {
  long double n = whole(e);
  return scaled(power_less_one(e - n) + 1, n);
}

double math_exp(double x) { return (double)power(binary_exponent(x)); }

double math_expm1(double x) {
  long double e = binary_exponent(x);
  return (double)(e > -1 && e < 1 ? power_less_one(e) : power(e) - 1);
}

#else
#error "no functions of real numbers for this processor yet"
#endif

double math_floor(double x) {
  const double whole_from = 4503599627370496.0; /* 2^52: no double above has a fraction */
  if (!(x > -whole_from && x < whole_from))
    return x;
  double cut = (double)(int64_t)x;
  return cut > x ? cut - 1 : cut;
}

double math_round(double x) {
  double size = x < 0 ? -x : x, down = math_floor(size);
  double nearest = size - down >= 0.5 ? down + 1 : down; /* the difference is exact */
  return x < 0 ? -nearest : nearest;
}
