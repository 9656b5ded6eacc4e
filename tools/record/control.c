/* Writes the control word; contract in control.h. */
#include "control.h"

#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* A field, in the head. */
#define AT(field) offsetof(struct record_head, process.control.field)

/* The head begins the file. */
static bool write_at(const struct control_place *to, const struct memory *m, uint64_t offset,
                     const void *from, size_t bytes) {
  if (to->fd >= 0)
    return pwrite(to->fd, from, bytes, (off_t)offset) == (ssize_t)bytes;
  struct iovec local = {(void *)from, bytes},
               remote = {(void *)(uintptr_t)(m->head_at + offset), bytes};
  return process_vm_writev(to->pid, &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

static enum memory_answer read_head(const struct control_place *at, struct memory *m) {
  return at->fd >= 0 ? memory_head_of_fd(m, at->fd) : memory_find(m, at->pid);
}

/* A process that sleeps does not answer: so its head must say it, not its answer. */
enum memory_answer control_state(const struct control_place *at, struct control_state *s) {
  struct memory m;
  enum memory_answer answer = read_head(at, &m);
  if (answer != MEMORY_READ)
    return answer;
  const struct record_process *p = &m.head.process;
  *s = (struct control_state){.since_start = p->tags != DUMP_TAG_OFF && p->attached_mono == 0,
                              .attached = p->control.sequence != 0 && p->control.sample_bytes != 0,
                              .sampled = p->attached_mono != 0 && p->sample_bytes != 0,
                              .tags = p->tags,
                              .depth = p->depth,
                              .sample_bytes = p->sample_bytes,
                              .asked_bytes = p->control.sample_bytes};
  return MEMORY_READ;
}

enum memory_answer control_ask(struct control_place *at, uint64_t sample_bytes, uint32_t depth) {
  struct memory m;
  enum memory_answer answer = read_head(at, &m);
  if (answer != MEMORY_READ)
    return answer;
  at->head_at = m.head_at;
  uint32_t sequence = m.head.process.control.sequence + 1;
  bool written = write_at(at, &m, AT(sample_bytes), &sample_bytes, sizeof sample_bytes) &&
                 write_at(at, &m, AT(depth), &depth, sizeof depth) &&
                 write_at(at, &m, AT(sequence), &sequence, sizeof sequence);
  return written ? MEMORY_READ : MEMORY_FORBIDDEN;
}

static void count_arena(const struct memory *m, const struct record_counts *c,
                        struct control_answer *a) {
  if (c->thread == 0 || c->tagged != 0) /* its thread has another */
    return;
  a->running++;
  a->joined += c->joined == m->head.process.control.sequence;
}

enum memory_answer control_answer(const struct control_place *at, struct control_answer *a) {
  struct memory m;
  enum memory_answer answer = at->fd >= 0 ? memory_of_fd(&m, at->fd, RECORD_COUNTS)
                                          : memory_of_head(&m, at->pid, at->head_at, RECORD_COUNTS);
  if (answer != MEMORY_READ)
    return answer;
  *a = (struct control_answer){.seen = m.head.process.seen == m.head.process.control.sequence,
                               .refused = m.head.process.refused};
  for (unsigned i = 0; i < m.pieces; i++)
    for (size_t n = 0; n + RECORD_COUNTS_BYTES <= m.piece[i].bytes; n += RECORD_COUNTS_BYTES) {
      struct record_counts c;
      memcpy(&c, m.piece[i].at + n, sizeof c);
      count_arena(&m, &c, a);
    }
  memory_free(&m);
  return MEMORY_READ;
}
