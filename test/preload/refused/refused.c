/* Memory runs out: refused small|mixed|large [LEAST = 50 [STOP = 3000]], under a limit set before
 * the start (ulimit -v, -d). Allocates until NULL and ENOMEM (at least LEAST MiB must fit, and STOP
 * MiB must not), checks all contents, frees every second object, allocates again, frees all, and
 * gets as much as before: nothing is lost, nothing crashes. */
#include "../check.h"

struct object {
  struct object *next;
  uint64_t size; /* of bytes */
  char bytes[];
};

struct pile {
  struct object *top;
  size_t count, bytes;
};

static uint64_t rng = 9;
static const char *kind;

static size_t pick_size(void) {
  if (strcmp(kind, "small") == 0)
    return rng_below(&rng, 512 - sizeof(struct object));
  if (strcmp(kind, "large") == 0)
    return 512 + rng_below(&rng, 100000);
  return rng_below(&rng, 10) ? rng_below(&rng, 490) : rng_below(&rng, 20000);
}

/* One object more, or 0 after a proper refusal. Every way to ask must refuse alike. */
static int grow(struct pile *pile) {
  size_t n = pick_size();
  errno = 0;
  struct object *o;
  switch (pile->count % 4) {
  case 0:
    o = calloc(1, sizeof *o + n);
    break;
  case 1:
    o = realloc(NULL, sizeof *o + n);
    break;
  default:
    o = malloc(sizeof *o + n);
  }
  if (!o) {
    CHECK(errno == ENOMEM, "a refusal expected to set ENOMEM, found %d", errno);
    return 0;
  }
  *o = (struct object){pile->top, n};
  stamp(o->bytes, n, n);
  *pile = (struct pile){o, pile->count + 1, pile->bytes + sizeof *o + n};
  return 1;
}

/* Full means: a thousand refusals in a row, whatever the size. None of them may harm. */
static void fill(struct pile *pile, size_t stop) {
  for (int refusals = 0; refusals < 1000; refusals++) {
    if (grow(pile))
      refusals = -1;
    CHECK(pile->bytes >> 20 < stop, "a refusal expected before %zu MiB, found none", stop);
  }
}

/* Checks all, and frees each for which step divides its turn. */
static void thin_out(struct pile *pile, size_t step) {
  size_t turn = 0;
  for (struct object **link = &pile->top; *link; turn++) {
    struct object *o = *link;
    CHECK_STAMP(o->bytes, o->size, o->size);
    if (turn % step == 0) {
      *link = o->next;
      *pile = (struct pile){pile->top, pile->count - 1, pile->bytes - sizeof *o - o->size};
      free(o);
    } else
      link = &o->next;
  }
}

/* A realloc that can't be served leaves its object alone. */
static void refuse_realloc(struct pile *pile) {
  CHECK(pile->top, "an object expected, found none");
  struct object *o = pile->top;
  errno = 0;
  void *p = realloc(o, (size_t)1 << 36);
  CHECK(!p && errno == ENOMEM, "realloc to 64 GiB expected NULL/ENOMEM, found %p/%d", p, errno);
  CHECK_STAMP(o->bytes, o->size, o->size);
}

int main(int argc, char **argv) {
  kind = argc > 1 ? argv[1] : "mixed";
  size_t least = (size_t)arg_long(argc, argv, 2, 50), stop = (size_t)arg_long(argc, argv, 3, 3000);
  watchdog(120);
  struct pile pile = {0};
  fill(&pile, stop);
  size_t first = pile.bytes;
  CHECK(first >> 20 >= least, "at least %zu MiB expected to fit, found %zu", least, first >> 20);
  refuse_realloc(&pile);
  thin_out(&pile, 2);
  size_t half = pile.bytes;
  fill(&pile, stop);
  CHECK(pile.bytes - half > first / 8,
        "freed memory expected to be had again, found only %zu of %zu KiB",
        (pile.bytes - half) >> 10, (first - half) >> 10);
  thin_out(&pile, 1);
  fill(&pile, stop);
  CHECK(pile.bytes > first / 2, "after freeing all expected %zu MiB again, found %zu", first >> 20,
        pile.bytes >> 20);
  thin_out(&pile, 1);
  SAY("%zu MiB\n", first >> 20);
}
