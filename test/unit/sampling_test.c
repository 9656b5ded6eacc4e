/* Sampling's arithmetic (sampling.h) against theory: countdowns are geometric, weights are
 * unbiased.
 *
 * Every mean and share of n draws must be within FIVE standard deviations of what theory says,
 * divided by sqrt(n): chance alone passes that once in two million times.  The seed is fixed, so a
 * result is the same in every run.
 */
#include "heap_setup.h"

#include <math.h>

#include "sampling.h"

static const double FIVE = 5;
enum { DRAWS = 200000 };

/* ---- words ---- */

static struct heap *h;

/* Requests of class c until the next sample, which is the last of them. */
static uint32_t countdown(unsigned c) { return h->cut[c]; }

static void seed(uint64_t random) { h->random = random; }

static void open_with(size_t period) {
  sampling_period = period;
  sampling_open(h);
  seed(42);
}

/* The probability of a sample for that many bytes. */
static double chance(double bytes) { return -expm1(-bytes / (double)sampling_period); }

static void expect_mean(double sum, double n, double mean, double deviation) {
  require(fabs(sum / n - mean) <= FIVE * deviation / sqrt(n));
}

static void expect_share(double hits, double n, double p) {
  expect_mean(hits, n, p, sqrt(p * (1 - p)));
}

/* ---- small requests: countdowns ---- */

/* P(countdown > k) = (1 - p)^k: its mean, and its shares beyond the first and the quartiles. */
static void expect_geometric(unsigned c) {
  double p = chance((double)class_bytes(c)), sum = 0;
  double beyond[4], hits[4] = {0};
  const double quarters[] = {0.75, 0.5, 0.25};
  beyond[0] = 1;
  for (unsigned i = 1; i < 4; i++)
    beyond[i] = ceil(log(quarters[i - 1]) / log1p(-p));
  for (unsigned n = 0; n < DRAWS; n++) {
    sampling_next(h, c);
    uint32_t k = countdown(c);
    require(k >= 1);
    sum += k;
    for (unsigned i = 0; i < 4; i++)
      hits[i] += k > beyond[i];
  }
  expect_mean(sum, DRAWS, 1 / p, sqrt(1 - p) / p);
  for (unsigned i = 0; i < 4; i++)
    expect_share(hits[i], DRAWS, pow(1 - p, beyond[i]));
}

static void countdowns(void) {
  static const size_t periods[] = {64, 4096, 512 << 10, 1 << 30};
  static const unsigned classes[] = {1, 2, 13, CLASSES};
  for (unsigned i = 0; i < 4; i++)
    for (unsigned k = 0; k < 4; k++) {
      open_with(periods[i]);
      expect_geometric(classes[k]);
    }
}

/* A countdown says nothing about the next one. */
static void countdowns_are_independent(void) {
  open_with(4096);
  double p = chance(16), mean = 1 / p, variance = (1 - p) / (p * p), sum = 0, before = mean;
  for (unsigned n = 0; n < DRAWS; n++) {
    sampling_next(h, 1);
    sum += (before - mean) * (countdown(1) - mean);
    before = countdown(1);
  }
  expect_mean(sum, DRAWS, 0, variance);
}

static void edges(void) {
  open_with(1); /* nearly every request is a sample */
  for (unsigned n = 0; n < DRAWS; n++) {
    sampling_next(h, CLASSES);
    require(countdown(CLASSES) == 1);
  }
  open_with(1 << 30); /* SAMPLE_MAX: no countdown is too large for its field */
  for (unsigned n = 0; n < DRAWS; n++) {
    sampling_next(h, 1);
    require(countdown(1) >= 1 && countdown(1) <= (1u << 30) + 1);
  }
  open_with(SIZE_MAX / 2); /* what no option allows is cut */
  sampling_next(h, 1);
  require(countdown(1) == (1u << 30) + 1);
}

/* All classes are set, and no two heaps count alike. */
static void opening(void) {
  sampling_period = 1 << 20;
  uint32_t first[CLASS_SLOTS];
  sampling_open(h);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    require((first[c] = countdown(c)) >= 1);
  h = become_new_thread();
  sampling_open(h);
  unsigned alike = 0;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    alike += countdown(c) == first[c];
  require(alike <= 2);
}

/* ---- weights ---- */

static void expect_weight(size_t n) {
  double right = 1 / chance((double)n), sum = 0, fraction = right - floor(right);
  for (unsigned i = 0; i < DRAWS; i++) {
    uint32_t w = sampling_weight(h, n);
    require(w == floor(right) || w == floor(right) + 1);
    sum += w;
  }
  expect_mean(sum, DRAWS, right, sqrt(fraction * (1 - fraction)) + right * 1e-15);
}

static void weights(void) {
  static const size_t periods[] = {64, 1000, 512 << 10, 1 << 29};
  static const size_t sizes[] = {16, 48, 512, 513, 100000, 1 << 20, 1 << 30};
  for (unsigned i = 0; i < 4; i++)
    for (unsigned k = 0; k < 7; k++) {
      open_with(periods[i]);
      expect_weight(sizes[k]);
    }
}

static void weight_edges(void) {
  open_with(1 << 30);
  require(sampling_weight(h, 1) == WEIGHT_MAX); /* would be 2^30 */
  for (unsigned i = 0; i < DRAWS; i++)
    require(sampling_weight(h, 4) - (1u << 28) <= 1); /* 1/p is 2^28 + 1/2 */
  open_with(1);
  for (unsigned i = 0; i < DRAWS; i++)
    require(sampling_weight(h, 1 << 20) == 1 && sampling_weight(h, SIZE_MAX) == 1);
}

/* ---- sums ---- */

/* The weights of the samples among n requests of class c add up to n on average: the sum's variance
 * is n (1 - p) / p for the samples, and at most a quarter a sample for the rounding of its weight.
 */
static void expect_small_sum(unsigned c) {
  double p = chance((double)class_bytes(c)), n = 50000 / p, sum = 0;
  for (double at = countdown(c); at <= n; at += countdown(c)) {
    sum += sampling_weight(h, class_bytes(c));
    sampling_next(h, c);
  }
  require(fabs(sum - n) <= FIVE * sqrt(n * (1 - p) / p + n * p / 4));
}

static void small_sums(void) {
  static const size_t periods[] = {100, 10000, 1 << 20};
  for (unsigned i = 0; i < 3; i++)
    for (unsigned c = 1; c <= CLASSES; c += 5) {
      open_with(periods[i]);
      sampling_next(h, c);
      expect_small_sum(c);
    }
}

/* Large requests of many sizes share one countdown: each is a sample with its own probability, and
 * the weights add up to the requests and, times their sizes, to their bytes. */
static void large_sums(void) {
  enum { SIZES = 6, REQUESTS = 2000000 };
  static const size_t sizes[SIZES] = {512, 1000, 4096, 50000, 1 << 20, 1 << 26};
  double requests[SIZES] = {0}, samples[SIZES] = {0}, sum[SIZES] = {0};
  uint64_t random = 7;
  open_with(512 << 10);
  for (unsigned i = 0; i < REQUESTS; i++) {
    unsigned k = (unsigned)(next_random(&random) % SIZES);
    requests[k]++;
    if (sampling_takes(h, sizes[k])) {
      samples[k]++;
      sum[k] += sampling_weight(h, sizes[k]);
    }
  }
  for (unsigned k = 0; k < SIZES; k++) {
    double p = chance((double)sizes[k]);
    expect_share(samples[k], requests[k], p);
    expect_mean(sum[k], requests[k], 1, sqrt((1 - p) / p + p / 4));
  }
}

static void large_edges(void) {
  open_with(4096);
  for (unsigned i = 0; i < 1000; i++)
    require(!sampling_takes(h, 0));
  require(sampling_takes(h, (size_t)INT64_MAX) && sampling_takes(h, SIZE_MAX));
  for (unsigned i = 0; i < 1000; i++)
    require(sampling_takes(h, (size_t)INT64_MAX - 1));
  open_with(1 << 30);
  double samples = 0;
  for (unsigned i = 0; i < DRAWS; i++)
    samples += sampling_takes(h, 1 << 30);
  expect_share(samples, DRAWS, chance(1 << 30));
}

APART(countdowns)
APART(countdowns_are_independent)
APART(edges)
APART(opening)
APART(weights)
APART(weight_edges)
APART(small_sums)
APART(large_sums)
APART(large_edges)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_countdowns),  cmocka_unit_test(test_countdowns_are_independent),
      cmocka_unit_test(test_edges),       cmocka_unit_test(test_opening),
      cmocka_unit_test(test_weights),     cmocka_unit_test(test_weight_edges),
      cmocka_unit_test(test_small_sums),  cmocka_unit_test(test_large_sums),
      cmocka_unit_test(test_large_edges),
  };
  test_start();
  h = become_new_thread();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
