/* Writes the control word; contract in control.h. */
#include "control.h"

#include <string.h>
#include <sys/uio.h>

/* Where a field of the head lies in the process. */
#define AT(m, field) ((m)->head_at + offsetof(struct record_head, process.control.field))

static bool write_at(pid_t pid, uint64_t address, const void *from, size_t bytes) {
  struct iovec local = {(void *)from, bytes}, remote = {(void *)(uintptr_t)address, bytes};
  return process_vm_writev(pid, &local, 1, &remote, 1, 0) == (ssize_t)bytes;
}

enum memory_answer control_ask(pid_t pid, uint64_t sample_bytes, uint32_t depth) {
  struct memory m;
  enum memory_answer answer = memory_find(&m, pid);
  if (answer != MEMORY_READ)
    return answer;
  uint32_t sequence = m.head.process.control.sequence + 1;
  bool written = write_at(pid, AT(&m, sample_bytes), &sample_bytes, sizeof sample_bytes) &&
                 write_at(pid, AT(&m, depth), &depth, sizeof depth) &&
                 write_at(pid, AT(&m, sequence), &sequence, sizeof sequence);
  return written ? MEMORY_READ : MEMORY_FORBIDDEN;
}

static void count_arena(const struct memory *m, const struct record_counts *c,
                        struct control_answer *a) {
  if (c->thread == 0 || c->tagged != 0) /* its thread has another */
    return;
  a->running++;
  a->joined += c->joined == m->head.process.control.sequence;
}

enum memory_answer control_answer(pid_t pid, struct control_answer *a) {
  struct memory m;
  enum memory_answer answer = memory_of_process(&m, pid, RECORD_COUNTS);
  if (answer != MEMORY_READ)
    return answer;
  *a = (struct control_answer){.seen = m.head.process.seen == m.head.process.control.sequence,
                               .refused = m.head.process.refused};
  for (unsigned i = 0; i < m.pieces; i++)
    for (size_t at = 0; at + RECORD_COUNTS_BYTES <= m.piece[i].bytes; at += RECORD_COUNTS_BYTES) {
      struct record_counts c;
      memcpy(&c, m.piece[i].at + at, sizeof c);
      count_arena(&m, &c, a);
    }
  memory_free(&m);
  return MEMORY_READ;
}
