/* Every count of every call site equals the program's own books (tags_books.h).
 * Usage: tags_truth DEPTH [CASE]      under ARENASHIM_TAG=stack:DEPTH */
#define _GNU_SOURCE
#include "tags_books.h"
#include <alloca.h>

#define FAR __attribute__((noinline))

extern void *pvalloc(size_t n);

/* ---- every entry ---- */

FAR static void each_entry(size_t n) {
  struct object o[10];
  int k = 0;
  void *p = NULL;
  o[k++] = NEW(malloc(n), n);
  o[k++] = NEW(calloc(3, n), 3 * n);
  o[k++] = NEW(realloc(NULL, n), n);
  o[k++] = NEW(reallocarray(NULL, 2, n), 2 * n);
  o[k++] = NEW(memalign(64, n), n);
  o[k++] = NEW(aligned_alloc(32, n), n);
  o[k++] = NEW((posix_memalign(&p, 128, n), p), n);
  o[k++] = NEW(memalign(2048, n), n);
  o[k++] = NEW(valloc(n), n);
  for (int i = 0; i < k; i++)
    if (i % 3 != 2)
      DROP(o[i], free(o[i].p));
}
FAR static void entries_small(void) {
  for (size_t n = 0; n < 200; n += 7)
    each_entry(n);
}
FAR static void entries_large(void) {
  for (size_t n = 500; n < 200000; n = n * 3 / 2)
    each_entry(n);
}

/* ---- realloc: in place, to a larger cell, small to large and back ---- */

FAR static struct object grow(struct object o, size_t n) {
  book_drop(&o);
  return NEW(realloc(o.p, n), n);
}
FAR static void reallocs(void) {
  static const size_t sizes[] = {10,  12,   16,     15,     40,    41,  44,  500, 511, 512,
                                 600, 5000, 100000, 400000, 30000, 600, 300, 20,  17,  3};
  for (int round = 0; round < 5; round++) {
    struct object o = NEW(malloc(8), 8);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
      o = grow(o, sizes[i]);
    if (round % 2)
      DROP(o, free(o.p));
    else
      DROP(o, o.p = realloc(hide(o.p), 0));
  }
}

/* ---- recursion, alloca and variable arrays ---- */

FAR static void tree(int depth, int pick) {
  struct object o = NEW(malloc((size_t)depth * 8 + 8), (size_t)depth * 8 + 8);
  if (depth > 0) {
    tree(depth - 1, pick);
    if (pick >> depth & 1)
      tree(depth - 1, pick >> 1);
  }
  if (depth % 2)
    DROP(o, free(o.p));
}
FAR static void with_alloca(size_t n, int more) {
  volatile char *room = alloca(n);
  room[0] = room[n - 1] = 1;
  struct object o = NEW(malloc(n % 400), n % 400);
  if (more > 0)
    with_alloca(n * 7 % 900 + 1, more - 1);
  room[n / 2] = 2;
  struct object q = NEW(malloc(33), 33);
  DROP(o, free(o.p));
  if (more % 2)
    DROP(q, free(q.p));
}
FAR static void recursion(void) {
  for (int i = 0; i < 64; i++)
    tree(6, i);
  tree(100, 0);
  for (size_t n = 1; n < 3000; n += 37)
    with_alloca(n, 5);
}

/* ---- large objects ---- */

FAR static void large(void) {
  for (size_t n = 512; n < 8 << 20; n = n * 5 / 3) {
    struct object o = NEW(malloc(n), n), q = NEW(calloc(1, n), n);
    DROP(o, free(o.p));
    if (n % 2)
      DROP(q, free(q.p));
  }
}

/* ---- threads: objects freed by others ---- */

enum { THREADS = 4, EACH = 3000 };
static struct object given[THREADS][EACH];

FAR static void *give(void *argument) {
  struct object *o = argument;
  for (int i = 0; i < EACH; i++) {
    size_t n = (size_t)(i * 37 % 900);
    o[i] = i % 2 ? NEW(malloc(n), n) : NEW(calloc(1, n), n);
    if (i % 16 == 5)
      DROP(o[i], (free(o[i].p), o[i].p = NULL));
  }
  return NULL;
}
FAR static void *take(void *argument) {
  struct object *o = argument;
  for (int i = 0; i < EACH; i++)
    if (o[i].p != NULL && i % 5 != 0)
      DROP(o[i], free(o[i].p));
  return NULL;
}
FAR static void in_threads(void *(*run)(void *), int shift) {
  pthread_t t[THREADS];
  for (int i = 0; i < THREADS; i++)
    t[i] = thread_start(run, given[(i + shift) % THREADS]);
  for (int i = 0; i < THREADS; i++)
    pthread_join(t[i], NULL);
}
FAR static void threads(void) {
  in_threads(give, 0);
  in_threads(take, 1);
}
FAR static void threads_mail(void) {
  in_threads(give, 0);
  take(given[0]);
  take(given[1]);
}

/* ---- both of a fork ---- */

FAR static void forks(void) {
  struct object o = NEW(malloc(100), 100), q = NEW(malloc(9000), 9000);
  tree(5, 3);
  pid_t pid = fork();
  if (pid == 0) {
    books_forked();
    DROP(o, free(o.p));
    tree(4, 5);
    _exit(books_compare("in the child"));
  }
  wait_ok(pid);
  DROP(q, free(q.p));
}

/* ---- a push and a pop of tags in between: paths of their own ---- */

static uint64_t below_parser, with_tags;
PLAIN static void count_tagged(const struct arenashim_site *s, void *argument) {
  (void)argument;
  with_tags += s->tag_count > 0; /* no other site has: not the loader's either */
  if (s->tag_count == 2 && strcmp(s->tags[0], "request parser") == 0 &&
      strcmp(s->tags[1], "level 3") == 0)
    below_parser += s->allocs;
}
FAR static void tags(void) {
  CHECK(arenashim_pop_tag() == -1 && errno == EINVAL, "nothing to pop");
  char text[] = "request parser"; /* the text is ours to change */
  CHECK(arenashim_push_tag(text) == 0, "push");
  text[0] = 'X';
  CHECK(arenashim_push_tag("level 3") == 0, "push");
  for (int i = 0; i < 3; i++)
    free(must(malloc(100)));
  CHECK(arenashim_pop_tag() == 0 && arenashim_pop_tag() == 0, "pop");
  arenashim_sites(count_tagged, NULL);
  CHECK(below_parser == 3, "3 requests below the tags expected, found %d", (int)below_parser);
  CHECK(with_tags == 1, "1 site with tags expected, found %d", (int)with_tags);
  for (int i = 0; i < 16; i++)
    CHECK(arenashim_push_tag("deep") == 0, "16 tags may be pushed, not %d", i);
  CHECK(arenashim_push_tag("deep") == -1 && errno == E2BIG, "not 17");
  for (int i = 0; i < 16; i++)
    CHECK(arenashim_pop_tag() == 0, "pop %d", i);
  static char longest[300];
  memset(longest, 'x', 299);
  CHECK(arenashim_push_tag(longest) == -1 && errno == EINVAL, "a name of 299 bytes");
  for (int i = 0; i < 5000; i++) {
    char name[16];
    sprintf(name, "n%d", i);
    int pushed = arenashim_push_tag(name);
    CHECK(pushed == 0 ? i < 4094 : errno == ENOSPC && i >= 4093, "name %d: %d, errno %d", i, pushed,
          errno);
    if (pushed == 0)
      arenashim_pop_tag();
  }
  CHECK(arenashim_push_tag("level 3") == 0 && arenashim_pop_tag() == 0, "a known name still works");
}

static const struct {
  const char *name;
  void (*run)(void);
} cases[] = {{"small", entries_small}, {"large", entries_large}, {"realloc", reallocs},
             {"recursion", recursion}, {"objects", large},       {"threads", threads},
             {"mail", threads_mail},   {"fork", forks}};

int main(int argc, char **argv) {
  watchdog(200);
  books_open((unsigned)arg_long(argc, argv, 1, 8));
  if (argc > 2 && strcmp(argv[2], "tags") == 0) {
    tags();
    return 0;
  }
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    if (argc < 3 || strcmp(argv[2], cases[i].name) == 0) {
      cases[i].run();
      if (books_compare(cases[i].name))
        return 1;
    }
  SAY("%d paths, %llu requests\n", (int)books.paths, (unsigned long long)books.sum_allocs);
  return 0;
}
