/* Functions of real numbers against libm's (shim/base/arch_math.h). */
#include "apart.h"

#include <math.h>

#include "arch_math.h"

static uint64_t state = 88172645463325252u;
static double random_unit(void) { /* in (0, 1) */
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return ((double)(state >> 11) + 0.5) * 0x1p-53;
}

/* At most one unit in the last place away. */
static void require_close(double ours, double libms) {
  require(ours == libms || nextafter(ours, libms) == libms);
}

static void test_log(void **unused) {
  (void)unused;
  for (unsigned i = 0; i < 1000000; i++) {
    double x = random_unit(), wide = ldexp(x, (int)(state % 2000) - 1000);
    require_close(math_log(x), log(x));
    require_close(math_log(wide), log(wide));
  }
  require(math_log(1) == 0);
}

static void test_exp(void **unused) {
  (void)unused;
  for (unsigned i = 0; i < 1000000; i++) {
    double x = (random_unit() - 0.5) * 1400;
    require_close(math_exp(x), exp(x));
  }
  require(math_exp(0) == 1 && math_exp(-10000) == 0 && isinf(math_exp(10000)));
}

/* Down to what one byte is of the largest period. */
static void test_expm1(void **unused) {
  (void)unused;
  for (unsigned i = 0; i < 1000000; i++) {
    double x = (random_unit() - 0.5) * 100, small = ldexp(x, -(int)(state % 60));
    require_close(math_expm1(x), expm1(x));
    require_close(math_expm1(small), expm1(small));
  }
  require(math_expm1(0) == 0 && math_expm1(-10000) == -1);
}

static void test_round_and_floor(void **unused) {
  (void)unused;
  static const double edges[] = {0,
                                 0.25,
                                 0.5,
                                 0.75,
                                 1,
                                 1.5,
                                 2.5,
                                 1e15,
                                 1e300,
                                 0x1p52,
                                 0x1p52 - 0.5,
                                 0x1p53 + 2,
                                 0x1.fffffffffffffp-2};
  for (unsigned i = 0; i < 1000000; i++) {
    double x = i < 26 ? edges[i / 2] : (random_unit() - 0.5) * 1e6;
    x = i % 2 ? -x : x;
    require(math_floor(x) == floor(x));
    require(math_round(x) == round(x));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_log),
      cmocka_unit_test(test_exp),
      cmocka_unit_test(test_expm1),
      cmocka_unit_test(test_round_and_floor),
  };
  test_thread = os_thread_id();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
