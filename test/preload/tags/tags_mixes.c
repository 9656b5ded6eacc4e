/* Samples of every mix of sizes, of realloc above all: the estimates of requests, bytes, live
 * objects and live bytes of a call site have no bias.
 *
 * A mix is a way to choose sizes.  A round of it makes, resizes and frees some thousand objects at
 * two call sites, one that makes and one that resizes, and keeps books; what the sites' estimates
 * rose by meanwhile is compared with them.  Over many rounds the mean of the differences must lie
 * near 0: |z| = |mean| / (standard deviation / sqrt(rounds)) below a limit.  When all of a round
 * has been freed the estimates of what is alive are exactly what they were before.
 *
 * Usage: tags_mixes PERIOD [ROUNDS [LIMIT [MIX]]]      under ARENASHIM_SAMPLE=PERIOD, in bytes
 *        60 rounds and a limit of 5: one of 140 values exceeds that by chance once in 1,000 runs
 *        longer, all lines:  tags_mixes 4000 1000 4.5 | sort -k6 */
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../shim/arenashim.h"

enum { STEPS = 8000, KEPT = 4000, ROUNDS = 60 };

/* ---- the two call sites ---- */

#define CALLER(name) __attribute__((noinline, noclone, section(name)))
extern char __start_site_make[], __stop_site_make[], __start_site_resize[], __stop_site_resize[];

CALLER("site_make") static void *make(size_t n, size_t alignment, int zeroed) {
  void *p = zeroed ? calloc(1, n) : alignment > 0 ? memalign(alignment, n) : malloc(n);
  __asm__ volatile("" : "+r"(p)::"memory");
  return p;
}

CALLER("site_resize") static void *resize(void *p, size_t n) {
  p = realloc(p, n);
  __asm__ volatile("" : "+r"(p)::"memory");
  return p;
}

/* jemalloc's own: nothing moves. */
size_t xallocx(void *p, size_t n, size_t extra, int flags) __attribute__((weak));
CALLER("site_resize") static bool resize_in_place(void *p, size_t n) {
  bool done = xallocx(p, n, 0, 0) >= n;
  __asm__ volatile("" : "+r"(p)::"memory");
  return done;
}

/* ---- books ---- */

enum { SITES = 2, QUANTITIES = 4 };
static const char *const site_names[SITES] = {"made", "resized"};
static const char *const quantity_names[QUANTITIES] = {"requests", "bytes", "objects", "live"};
struct books {
  double of[SITES][QUANTITIES];
};

static void visit(const struct arenashim_site *s, void *argument) {
  struct books *b = argument;
  const char *ra = s->frames > 0 ? s->path[0] : NULL;
  int site = ra > __start_site_make && ra <= __stop_site_make       ? 0
             : ra > __start_site_resize && ra <= __stop_site_resize ? 1
                                                                    : -1;
  if (site < 0)
    return;
  double is[QUANTITIES] = {(double)s->allocs, (double)s->bytes, (double)(s->allocs - s->frees),
                           (double)s->live_bytes};
  for (int q = 0; q < QUANTITIES; q++)
    b->of[site][q] += is[q];
}

static struct books estimates(void) {
  struct books b = {0};
  arenashim_sites(visit, &b);
  return b;
}

/* ---- mixes ---- */

static uint64_t state = 88172645463325252u;
static unsigned below(unsigned n) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (unsigned)(state >> 33) % n;
}
static size_t between(size_t a, size_t b) { return a + below((unsigned)(b - a + 1)); }

static size_t rarely_huge(void) { return below(100) == 0 ? 100000 : 32; }
static size_t none_or_eight(void) { return below(2) * 8; }

/* Sizes of a ladder that is climbed by realloc: in the cell, to a larger one, to jemalloc's. */
static size_t climb(size_t n) { return n > 3000 ? 20 : n + n / 2 + below(8); }
static size_t sink(size_t n) { return n < 30 ? 3000 : n - n / 3 - below(8); }
static size_t within(size_t n) { return (n + 15) / 16 * 16 - below(8); }
static size_t across(size_t n) { return n > 511 ? between(1, 511) : between(512, 3000); }
static size_t small_any(size_t n) { return (void)n, between(1, 300); }
static size_t any(size_t n) { return (void)n, between(1, 6000); }
static size_t about(size_t n) { return (void)n, between(512, 5000); }
static size_t edge(size_t n) { return (void)n, between(500, 524); }

static const struct mix {
  const char *name;
  size_t from, to;         /* sizes of new objects, all as likely */
  size_t (*other)(void);   /* or chosen by this */
  size_t (*again)(size_t); /* the next size of one that is resized */
  size_t alignments;       /* of so many powers of two from 16 up; 0: malloc */
  int zeroed;
  int by_thread; /* another thread resizes */
  int in_place;  /* by xallocx */
} mixes[] = {
    {.name = "16", .from = 16, .to = 16},
    {.name = "24..39", .from = 24, .to = 39},
    {.name = "100", .from = 100, .to = 100},
    {.name = "small", .from = 1, .to = 511},
    {.name = "511", .from = 511, .to = 511},
    {.name = "512", .from = 512, .to = 512},
    {.name = "shelves", .from = 512, .to = 4096},
    {.name = "4096", .from = 4096, .to = 4096},
    {.name = "large", .from = 4097, .to = 24000},
    {.name = "rarely-huge", .other = rarely_huge},
    {.name = "1..2000", .from = 1, .to = 2000},
    {.name = "zeroed-small", .from = 1, .to = 64, .zeroed = 1},
    {.name = "zeroed", .from = 1, .to = 3000, .zeroed = 1},
    {.name = "aligned", .from = 1, .to = 400, .alignments = 7},
    {.name = "nothing-or-8", .other = none_or_eight},
    {.name = "stays", .from = 1, .to = 200, .again = within},
    {.name = "climbs", .from = 8, .to = 40, .again = climb},
    {.name = "sinks", .from = 2000, .to = 3000, .again = sink},
    {.name = "crosses", .from = 1, .to = 2000, .again = across},
    {.name = "edge", .from = 500, .to = 524, .again = edge},
    {.name = "aligned-resized", .from = 1, .to = 300, .again = small_any, .alignments = 7},
    {.name = "resized-small", .from = 1, .to = 300, .again = small_any},
    {.name = "resized", .from = 1, .to = 6000, .again = any},
    {.name = "resized-in-place", .from = 512, .to = 5000, .again = about, .in_place = 1},
    {.name = "resized-elsewhere", .from = 1, .to = 300, .again = small_any, .by_thread = 1},
};
enum { MIXES = sizeof mixes / sizeof *mixes };

/* ---- a round ---- */

static struct object {
  void *p;
  size_t n;
  int site;
} kept[KEPT];
static unsigned objects;

static void book(struct books *b, int site, size_t n) {
  b->of[site][0] += 1;
  b->of[site][1] += (double)n;
}

static void add(const struct mix *m, struct books *b) {
  size_t n = m->other != NULL ? m->other() : between(m->from, m->to);
  struct object o = {
      make(n, m->alignments ? (size_t)16 << below((unsigned)m->alignments) : 0, m->zeroed), n, 0};
  if (o.p == NULL)
    abort();
  book(b, 0, n);
  if (objects < KEPT && below(2) == 0)
    kept[objects++] = o;
  else
    free(o.p);
}

static void change(const struct mix *m, struct books *b) {
  struct object *o = &kept[below(objects)];
  size_t n = m->again(o->n);
  if (m->in_place && !resize_in_place(o->p, n))
    return;
  if (m->in_place) {
    o->n = n, o->site = 1;
    book(b, 1, n);
    return;
  }
  *o = (struct object){resize(o->p, n), n, 1};
  if (o->p == NULL)
    abort();
  book(b, 1, n);
}

struct steps {
  const struct mix *m;
  struct books *b;
};
static void *change_all(void *argument) {
  const struct steps *s = argument;
  for (unsigned i = 0; i < STEPS; i++)
    change(s->m, s->b);
  return NULL;
}

static struct books play(const struct mix *m) {
  struct books b = {0};
  for (unsigned i = 0; i < STEPS; i++)
    if (m->again != NULL && !m->by_thread && objects > 0 && below(2) == 0)
      change(m, &b);
    else
      add(m, &b);
  pthread_t thread;
  struct steps s = {m, &b};
  if (m->by_thread &&
      (pthread_create(&thread, NULL, change_all, &s) != 0 || pthread_join(thread, NULL) != 0))
    abort();
  for (unsigned i = 0; i < objects; i++) {
    b.of[kept[i].site][2] += 1;
    b.of[kept[i].site][3] += (double)kept[i].n;
  }
  return b;
}

static void free_all(void) {
  while (objects > 0)
    free(kept[--objects].p);
}

/* Sums over rounds, of the relative differences between estimate and truth. */
static struct sums {
  double first, second, biased; /* and rounds in which something was left when all was freed */
} sums[MIXES][SITES][QUANTITIES];

static void round_of(unsigned i) {
  struct books before = estimates(), truth = play(&mixes[i]), after = estimates();
  free_all();
  struct books end = estimates();
  for (int s = 0; s < SITES; s++)
    for (int q = 0; q < QUANTITIES; q++) {
      struct sums *to = &sums[i][s][q];
      double size = truth.of[s][q] > 0 ? truth.of[s][q] : 1;
      double d = (after.of[s][q] - before.of[s][q] - truth.of[s][q]) / size;
      to->first += d;
      to->second += d * d;
      to->biased += q >= 2 && end.of[s][q] != before.of[s][q];
    }
}

/* True: the estimates may not be taken for unbiased. */
static int judge(const char *mix, int s, int q, const struct sums *d, double rounds, double limit) {
  double mean = d->first / rounds;
  double variance = (d->second - rounds * mean * mean) / (rounds - 1);
  double z = variance > 0 ? mean / sqrt(variance / rounds) : mean == 0 ? 0 : INFINITY;
  int bad = fabs(z) > limit || d->biased > 0;
  printf("%-18s %-8s %-9s mean %+.3f%% z %+.2f%s\n", mix, site_names[s], quantity_names[q],
         100 * mean, z, bad ? "  <-- biased" : "");
  if (d->biased > 0)
    printf("%s: left when all was freed, in %.0f rounds\n", mix, d->biased);
  return bad;
}

int main(int argc, char **argv) {
  int rounds = argc > 2 ? atoi(argv[2]) : ROUNDS, bad = 0;
  double limit = argc > 3 ? atof(argv[3]) : 5;
  if (argc < 2 || atof(argv[1]) < 1 || rounds < 2 || arenashim_sites == NULL)
    return 2;
  for (int r = 0; r < rounds; r++)
    for (unsigned i = 0; i < MIXES; i++)
      if (argc < 5 || strcmp(argv[4], mixes[i].name) == 0)
        round_of(i);
  for (unsigned i = 0; i < MIXES; i++)
    for (int s = 0; s < (mixes[i].again != NULL ? SITES : 1); s++)
      for (int q = 0; q < QUANTITIES; q++)
        bad += judge(mixes[i].name, s, q, &sums[i][s][q], rounds, limit);
  return bad != 0;
}
