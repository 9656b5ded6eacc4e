/* What each call site held at the process's peak, and how many of its objects were freed before
 * anything else was asked for, equal the program's own books: tags_peak [SEED].  A call site is a
 * name that is pushed.
 *
 *   live bytes   __/\__churn__/ ramp, all sites by turns \__ all freed __/ a lower hump, other
 * shares \
 */
#include "../check.h"
#include "../../../shim/arenashim.h"
#include <stdbool.h>

enum { SITES = 8, OBJECTS = 40000, CHURN = 200000 };

static struct book {
  char name[8];
  int64_t live, objects, held, at_peak_objects, temporary;
} book[SITES];
static struct object {
  char *p;
  uint32_t bytes, site;
} object[OBJECTS];
static int64_t live, most;
static uint64_t rng;

static void note_peak(void) {
  if (live <= most)
    return;
  most = live;
  for (int i = 0; i < SITES; i++) {
    book[i].held = book[i].live;
    book[i].at_peak_objects = book[i].objects;
  }
}

static void *make(unsigned site, size_t bytes) {
  CHECK(arenashim_push_tag(book[site].name) == 0, "a tag expected, found errno %d", errno);
  void *p = hide(must(malloc(bytes)));
  arenashim_pop_tag();
  live += (int64_t)bytes;
  book[site].live += (int64_t)bytes;
  book[site].objects++;
  note_peak();
  return p;
}
static void drop(unsigned site, void *p, size_t bytes) {
  free(p);
  live -= (int64_t)bytes;
  book[site].live -= (int64_t)bytes;
  book[site].objects--;
}

static size_t any_size(void) {
  return rng_below(&rng, 20) == 0 ? 512 + rng_below(&rng, 5000) : rng_below(&rng, 512);
}
static void make_object(int i, unsigned site) {
  object[i] = (struct object){.bytes = (uint32_t)any_size(), .site = site};
  object[i].p = make(site, object[i].bytes);
}
static void drop_object(int i) {
  drop(object[i].site, object[i].p, object[i].bytes);
  object[i].p = NULL;
}

/* Objects that live until anything else is asked for, or a moment longer. */
static void churn(void) {
  for (int i = 0; i < CHURN; i++) {
    unsigned site = (unsigned)rng_below(&rng, SITES);
    size_t bytes = any_size();
    void *p = make(site, bytes);
    if (rng_below(&rng, 3) == 0) {
      void *q = make((site + 1) % SITES, 40);
      drop((site + 1) % SITES, q, 40); /* the newest: temporary */
      book[(site + 1) % SITES].temporary++;
    } else {
      book[site].temporary++;
    }
    drop(site, p, bytes);
  }
}

static void hump(int objects, unsigned sites) {
  for (int i = 0; i < objects; i++)
    make_object(i, (unsigned)i % sites);
  for (int i = 0; i < objects; i++) /* the oldest first: none is temporary but the last */
    drop_object(i);
  book[(unsigned)(objects - 1) % sites].temporary++;
}

/* A name may have several paths: their sum. */
static void add_site(const struct arenashim_site *s, void *argument) {
  struct book *found = argument;
  if (s->tag_count == 0)
    return;
  found += s->tags[0][1] - '0';
  found->held += (int64_t)s->at_peak_bytes;
  found->at_peak_objects += (int64_t)s->at_peak_objects;
  found->temporary += (int64_t)s->temporary;
  found->objects += (int64_t)(s->allocs - s->frees);
}

static bool is_near(int64_t a, int64_t b, int64_t step) { return a - b <= step && b - a <= step; }

/* The peak is known to a thousandth of itself, and so is what each held. */
static void check_site(const struct book *own, const struct book *found) {
  CHECK(is_near(found->held, own->held, most / 1000),
        "%s: %ld bytes at the peak expected, found %ld", own->name, (long)own->held,
        (long)found->held);
  CHECK(is_near(found->at_peak_objects, own->at_peak_objects, own->at_peak_objects / 500),
        "%s: %ld objects at the peak expected, found %ld", own->name, (long)own->at_peak_objects,
        (long)found->at_peak_objects);
  CHECK(found->temporary == own->temporary, "%s: %ld temporary objects expected, found %ld",
        own->name, (long)own->temporary, (long)found->temporary);
  CHECK(found->objects == own->objects, "%s: %ld objects expected, found %ld", own->name,
        (long)own->objects, (long)found->objects);
}

int main(int argc, char **argv) {
  watchdog(100);
  rng = (uint64_t)arg_long(argc, argv, 1, 1);
  for (int i = 0; i < SITES; i++)
    snprintf(book[i].name, sizeof book[i].name, "s%d", i);
  hump(OBJECTS / 4, SITES);
  churn();
  hump(OBJECTS, SITES);
  hump(OBJECTS / 2, 2);
  churn();
  struct book found[SITES] = {0};
  int64_t seen = 0;
  CHECK(arenashim_sites(add_site, found) >= SITES, "%d call sites expected", SITES);
  for (int i = 0; i < SITES; i++) {
    check_site(&book[i], &found[i]);
    seen += found[i].held;
  }
  CHECK(is_near(seen, most, most / 1000), "the peak of %ld bytes expected, found %ld", (long)most,
        (long)seen);
  SAY("peak %ld, found %ld\n", (long)most, (long)seen);
}
