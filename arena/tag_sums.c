/* Sums over rows of tags; contract in tag_sums.h.
 *
 * Four tags are a vector, and each sum is four sums, one of each column: at most 1024 times 511
 * bytes.  A comparison gives all ones, which is -1.
 */
#include "tag_sums.h"

enum { COLUMNS = 4 };
typedef uint32_t words_t __attribute__((vector_size(COLUMNS * sizeof(uint32_t))));
typedef int32_t signs_t __attribute__((vector_size(COLUMNS * sizeof(int32_t))));

enum { MAILED_TO_SIGN = 31 - __builtin_ctz(TAG_MAILED) };
static_assert(sizeof(tag_t) == sizeof(uint32_t), "a tag is a word");
static_assert(TAG_ROW_BYTES / sizeof(tag_t) / COLUMNS * TAG_BYTES_MASK < UINT32_MAX / COLUMNS,
              "no sum overflows");

struct columns {
  words_t none, mailed, bytes, mailed_bytes;
};

static inline void add(struct columns *sums, words_t tags) {
  words_t mailed = (words_t)((signs_t)(tags << MAILED_TO_SIGN) < 0), bytes = tags & TAG_BYTES_MASK;
  sums->none -= (words_t)(tags == 0);
  sums->mailed -= mailed;
  sums->bytes += bytes;
  sums->mailed_bytes += bytes & mailed;
}

static uint32_t sum(words_t w) { return w[0] + w[1] + w[2] + w[3]; }

static inline words_t last_words(const volatile tag_t *tags, uint32_t count) {
  words_t w = {0};
  for (uint32_t i = 0; i < count; i++)
    w[i] = tags[i];
  return w;
}

__attribute__((no_sanitize("thread"))) struct tag_sums tag_sums(const struct slab *s,
                                                                uint32_t carved) {
  const volatile tag_t *tags = tag_row(s);
  struct columns sums = {0};
  uint32_t i = 0;
  for (; i + COLUMNS <= carved; i += COLUMNS) {
    if (i % 16 == 0)
      __builtin_prefetch((const char *)(tags + i) + TAG_ROW_BYTES);
    add(&sums, *(const volatile words_t *)(tags + i));
  }
  add(&sums, last_words(tags + i, carved - i));
  uint32_t none = sum(sums.none) - (i + COLUMNS - carved), mailed = sum(sums.mailed);
  return (struct tag_sums){.alive = carved - none - mailed,
                           .bytes = sum(sums.bytes) - sum(sums.mailed_bytes),
                           .mailed = mailed,
                           .mailed_bytes = sum(sums.mailed_bytes)};
}
