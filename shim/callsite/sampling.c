/* Sampling; the argument is in sampling.h. */
#include "sampling.h"
#include "arch_math.h"
#include "heap_list.h"
#include "thread_record.h"

#include <string.h>
#include <sys/auxv.h>

hidden size_t sampling_period;

/* The finalizer of splitmix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x) {
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return x ^ x >> 31;
}

/* A number in (0, 1), of 53 of these bits. */
static double unit(uint64_t x) { return ((double)(x >> 11) + 0.5) * 0x1p-53; }

/* A random number in (0, 1), uniform. */
static double draw(struct heap *h) {
  record_of(h)->random += UINT64_C(0x9e3779b97f4a7c15);
  return unit(mix(record_of(h)->random));
}

/* Bytes until the next sample: exponential with the period as its mean. */
static double gap_bytes(struct heap *h) { return -math_log(draw(h)) * (double)sampling_period; }

void sampling_next(struct heap *h, unsigned c) {
  double cells = gap_bytes(h) / (double)class_bytes(c);
  h->user_countdown[c] = 1 + (cells < 0x1p30 ? (uint32_t)cells : UINT32_C(1) << 30);
}

void sampling_open(struct heap *h) {
  const void *seed = (const void *)getauxval(AT_RANDOM);
  if (seed != NULL)
    memcpy(&record_of(h)->random, seed, sizeof record_of(h)->random);
  record_of(h)->random ^= mix(heap_number(h) + 1);
  record_of(h)->until_sample = (int64_t)gap_bytes(h);
  list_count_current(h);
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    sampling_next(h, c);
  list_follow_user(h);
}

void sampling_close(struct heap *h) {
  record_of(h)->until_sample = INT64_MAX;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    h->user_countdown[c] = 0;
}

bool sampling_takes(struct heap *h, size_t n) {
  if (n < (size_t)INT64_MAX && (record_of(h)->until_sample -= (int64_t)n) >= 0)
    return false;
  record_of(h)->until_sample = (int64_t)gap_bytes(h);
  return true;
}

uint32_t sampling_weight(struct heap *h, size_t n) {
  double mean = -1 / math_expm1(-(double)n / (double)sampling_period);
  double weight = math_floor(mean + draw(h));
  return weight < WEIGHT_MAX ? (uint32_t)weight : WEIGHT_MAX;
}
