/* The process's item of a merge; contract in merge_parts.h. */
#include "merge_parts.h"

/* Flags that hold for the sums if they hold for one of them. */
enum {
  FLAGS_KEPT = DUMP_PEAK_BOUND | DUMP_LARGE_STALE | DUMP_NO_UNWINDER | DUMP_OF_RECORD | DUMP_PARTIAL
};

static uint64_t most(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* What all have in common, or `differ`. */
static void text_join(struct merge *m, uint32_t *to, const struct dump *d, uint32_t text,
                      const char *differ) {
  uint32_t number = merge_text(m, d, text);
  if (m->process.processes == 0)
    *to = number;
  else if (*to != number)
    *to = trie_text(m->texts, differ);
}

static void number_join(const struct merge *m, uint32_t *to, uint32_t number) {
  *to = m->process.processes == 0 || *to == number ? number : 0;
}

static void size_join(const struct merge *m, uint64_t *to, uint64_t size) {
  *to = m->process.processes == 0 || *to == size ? size : 0;
}

static void texts_join(struct merge *m, const struct dump *d) {
  const struct dump_process *p = d->process;
  text_join(m, &m->process.program, d, p->program, "several programs");
  text_join(m, &m->process.command, d, p->command, "(several)");
  text_join(m, &m->process.host, d, p->host, "several hosts");
  text_join(m, &m->process.version, d, p->version, "(several)");
  text_join(m, &m->process.options, d, p->options, "");
}

/* Paths may have been cut at the least depth that one was asked for. */
static void tags_join(struct merge *m, const struct dump *d) {
  const struct dump_process *p = d->process;
  struct dump_process *to = &m->process;
  if (p->tags == DUMP_TAG_OFF && d->n_accounts == 0)
    m->untagged += dump_processes(d);
  if (p->tags != DUMP_TAG_OFF && (to->tags == DUMP_TAG_OFF || p->depth < to->depth))
    to->depth = p->depth;
  to->tags = p->tags > to->tags ? p->tags : to->tags;
  to->sample_bytes = most(to->sample_bytes, p->sample_bytes);
}

static void times_join(struct merge *m, const struct dump_process *p) {
  struct dump_process *to = &m->process;
  to->unix_time = most(to->unix_time, p->unix_time);
  if (p->start_ns != 0 && (to->start_ns == 0 || p->start_ns < to->start_ns))
    to->start_ns = p->start_ns;
  if (p->start_ns != 0)
    m->end_ns = most(m->end_ns, p->start_ns + p->lived_ns);
  to->lived_ns = m->end_ns > to->start_ns ? m->end_ns - to->start_ns : 0;
}

void merge_process(struct merge *m, const struct dump *d, bool subtract) {
  const struct dump_process *p = d->process;
  struct dump_process *to = &m->process;
  texts_join(m, d);
  number_join(m, &to->pid, p->pid);
  number_join(m, &to->ppid, p->ppid);
  size_join(m, &to->block_bytes, p->block_bytes);
  size_join(m, &to->slab_bytes, p->slab_bytes);
  tags_join(m, d);
  times_join(m, p);
  MERGE_FIELDS(to, p, live_objects, peak_bytes, subtract);
  to->flags |= p->flags & FLAGS_KEPT;
  to->processes += subtract ? 0 : dump_processes(d);
  to->reason = DUMP_MERGED;
}
