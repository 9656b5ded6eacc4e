/* Reads the files of a set twice: to choose, and to add; contract in set.h. */
#include "set.h"
#include "dump_read.h"
#include "merge.h"
#include "pool.h"
#include "progress.h"
#include "say.h"
#include "trie.h"
#include "when.h"

#include <stdlib.h>
#include <string.h>

/* What a file is of. */
struct facts {
  size_t index; /* of its name */
  uint64_t start_ns, lived_ns, unix_time;
  uint32_t host, program; /* numbers of texts */
  uint32_t pid;
  bool read, known; /* known: its process can be told from others */
  bool last, of_record;
};

static int numbers_compare(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int process_compare(const struct facts *a, const struct facts *b) {
  int order = numbers_compare(a->host, b->host);
  if (order == 0)
    order = numbers_compare(a->pid, b->pid);
  return order != 0 ? order : numbers_compare(a->start_ns, b->start_ns);
}

/* The later first: of a process that ended its own last dump, which knows most. */
static int later_compare(const struct facts *a, const struct facts *b) {
  int order = numbers_compare(b->last, a->last);
  if (order == 0)
    order = numbers_compare(b->lived_ns, a->lived_ns);
  if (order == 0)
    order = numbers_compare(a->of_record, b->of_record);
  return order != 0 ? order : numbers_compare(b->unix_time, a->unix_time);
}

static int facts_compare(const void *a, const void *b) {
  const struct facts *x = a, *y = b;
  int order = numbers_compare(x->known, y->known);
  if (order == 0 && x->known)
    order = process_compare(x, y);
  if (order == 0 && x->known)
    order = later_compare(x, y);
  return order != 0 ? order : numbers_compare(x->index, y->index);
}

static int index_compare(const void *a, const void *b) {
  return numbers_compare(*(const size_t *)a, *(const size_t *)b);
}

/* Quietly: what is wrong with a file is said when it is added. */
static struct facts facts_read(const char *name, set_opener *open, struct trie *texts) {
  struct facts f = {0};
  say_to(NULL);
  struct dump *d = open(name);
  say_to(stderr);
  if (d == NULL || d->n_processes == 0) {
    dump_close(d);
    return f;
  }
  const struct dump_process *p = d->process;
  f = (struct facts){.start_ns = p->start_ns,
                     .lived_ns = p->lived_ns,
                     .unix_time = p->unix_time,
                     .host = trie_text(texts, dump_bytes(d, p->host)),
                     .program = trie_text(texts, dump_bytes(d, p->program)),
                     .pid = p->pid,
                     .read = true,
                     .known = p->start_ns != 0 && dump_processes(d) == 1,
                     .last = !dump_is_snapshot(d) && !(p->flags & DUMP_OF_RECORD),
                     .of_record = p->flags & DUMP_OF_RECORD};
  dump_close(d);
  return f;
}

/* How many different texts those that were read have at that place. */
static uint32_t distinct(const struct facts *f, size_t n, size_t offset) {
  struct pool seen;
  pool_begin(&seen, sizeof(uint32_t), sizeof(uint32_t));
  for (size_t i = 0; i < n; i++)
    if (f[i].read)
      pool_get(&seen, (const char *)&f[i] + offset);
  pool_free(&seen);
  return seen.count;
}

/* Files that can't be read are chosen, too, so that they are named. */
static size_t choose(struct facts *f, size_t n, size_t *chosen, struct set_count *count) {
  size_t kept = 0;
  qsort(f, n, sizeof *f, facts_compare);
  for (size_t i = 0; i < n; i++) {
    if (i > 0 && f[i].known && f[i - 1].known && process_compare(&f[i], &f[i - 1]) == 0)
      count->earlier++;
    else
      chosen[kept++] = f[i].index;
  }
  qsort(chosen, kept, sizeof *chosen, index_compare);
  return kept;
}

size_t *set_choose(const struct inputs *in, set_opener *open, struct set_count *count, size_t *n) {
  struct facts *facts = must_alloc(in->count * sizeof *facts);
  size_t *chosen = must_alloc(in->count * sizeof *chosen);
  struct trie *texts = trie_new();
  for (size_t i = 0; i < in->count; i++) {
    progress_show("reading", i, 2 * in->count);
    facts[i] = facts_read(in->names[i], open, texts);
    facts[i].index = i;
  }
  progress_hide();
  *n = choose(facts, in->count, chosen, count);
  count->programs = distinct(facts, in->count, offsetof(struct facts, program));
  count->hosts = distinct(facts, in->count, offsetof(struct facts, host));
  trie_free(texts);
  free(facts);
  return chosen;
}

/* ---- sums ---- */

/* Whether parts of a dump are lost, which its reader has said. */
static bool is_partial(const struct dump *d) {
  bool whole = d->has_strings;
#define AND(field, type, id, name) whole = whole && d->has_##field;
  DUMP_TABLES(AND)
#undef AND
  return !whole;
}

/* "redis-server 12", and where there are several hosts "redis-server 12 web-3". */
static char *process_name(const struct dump *d, bool with_host) {
  const struct dump_process *p = d->process;
  return must_print("%s %u%s%s", dump_bytes(d, p->program), p->pid, with_host ? " " : "",
                    with_host ? dump_bytes(d, p->host) : "");
}

/* A dump of which not even the process is known says nothing of what its figures mean. */
static bool is_mergeable(const struct dump *d, const char *name) {
  if (d->has_processes && d->n_processes > 0)
    return true;
  say_error("%s: its process's figures are lost: it is left out; copy or make it again", name);
  return false;
}

static void file_add(struct merge *m, const char *name, const struct set_how *how,
                     struct set_count *count) {
  struct dump *d = how->open(name);
  if (d == NULL || !is_mergeable(d, name)) {
    count->unread++;
    dump_close(d);
    return;
  }
  char *process = how->keep_processes ? process_name(d, count->hosts > 1) : NULL;
  merge_add(m, d, &(struct merge_how){.process = process});
  count->partial += is_partial(d);
  count->merged++;
  free(process);
  dump_close(d);
}

/* Names are looked up once, of the sums: each module is then read once. */
static unsigned char *functions_merge(unsigned char *image, const struct search *search,
                                      size_t *bytes) {
  struct dump *d = dump_parse("the sums", image, *bytes);
  free(image);
  if (d == NULL)
    return NULL;
  struct names *names = names_new(d, NULL, search);
  struct merge *m = merge_new();
  merge_add(m, d, &(struct merge_how){.names = names});
  names_free(names);
  dump_close(d);
  return merge_end(m, bytes);
}

static unsigned char *chosen_merge(const struct inputs *in, const size_t *chosen, size_t n,
                                   const struct set_how *how, struct set_count *count,
                                   size_t *bytes) {
  struct merge *m = merge_new();
  for (size_t i = 0; i < n; i++) {
    progress_show("adding", i + n, 2 * n);
    file_add(m, in->names[chosen[i]], how, count);
  }
  progress_hide();
  merge_doubt(m, "dumps that are left out: they could not be read", count->unread);
  merge_doubt(m, "dumps of which parts were lost", count->partial);
  if (count->merged == 0) {
    merge_free(m);
    return NULL;
  }
  unsigned char *image = merge_end(m, bytes);
  return how->by_function ? functions_merge(image, how->search, bytes) : image;
}

unsigned char *set_merge(const struct inputs *in, const struct set_how *how,
                         struct set_count *count, size_t *bytes) {
  size_t n, *chosen = set_choose(in, how->open, count, &n);
  unsigned char *image = chosen_merge(in, chosen, n, how, count, bytes);
  if (image == NULL && count->unread > 1)
    say_error("none of the %zu files can be read: there is nothing to merge", count->unread);
  free(chosen);
  return image;
}

/* ---- for commands that show one dump ---- */

static struct dump *sums_open(const struct inputs *in, const size_t *chosen, size_t n,
                              set_opener *open, struct set_count *count) {
  const struct set_how how = {.open = open};
  size_t bytes;
  unsigned char *image = chosen_merge(in, chosen, n, &how, count, &bytes);
  struct dump *d = image != NULL ? dump_parse("the sums", image, bytes) : NULL;
  free(image);
  return d;
}

struct dump *set_open(struct inputs *in, set_opener *open, size_t *unread) {
  struct set_count count = {0};
  *unread = 0;
  if (in->count == 1)
    return open(in->names[0]);
  size_t n, *chosen = set_choose(in, open, &count, &n);
  struct dump *d = n == 1 ? open(in->names[chosen[0]]) : sums_open(in, chosen, n, open, &count);
  if (count.earlier > 0)
    say_warning("%zu of %zu files are earlier dumps of processes that have a later one here: they "
                "are left out",
                count.earlier, in->count);
  *unread = count.unread;
  free(chosen);
  return d;
}
