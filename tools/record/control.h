/* The control word of a process (struct record_control): what others ask of it. */
#ifndef TOOLS_CONTROL_H
#define TOOLS_CONTROL_H

#include "memory.h"

/* Where it is written and the answer read: in the process's memory, or in the file of its record,
 * which the process maps. */
struct control_place {
  pid_t pid;
  int fd;           /* of the file, for reading and writing; -1: there is none, or none is needed */
  uint64_t head_at; /* in the memory; set by control_ask */
};

/* What is recorded before something is asked. */
struct control_state {
  bool since_start;      /* there are tags since the start, which cannot be changed */
  bool attached;         /* somebody has asked for tags, and nobody for none since */
  bool sampled;          /* its views show samples, of this attach or an earlier one */
  uint32_t tags, depth;  /* enum dump_tags; frames of a call path */
  uint64_t sample_bytes; /* of the tags since the start; 0: every request */
  uint64_t asked_bytes;  /* attached: as control_ask has it */
};

/* What the process has made of it. */
struct control_answer {
  bool seen;        /* at least one of its threads has followed */
  unsigned refused; /* enum record_refusal */
  unsigned running; /* threads that have an arena */
  unsigned joined;  /* of these, those that have followed */
};

/* Reads what is recorded now.  The answer is MEMORY_READ, or why the head cannot be read. */
enum memory_answer control_state(const struct control_place *at, struct control_state *s);

/* Asks for samples of `sample_bytes`, with paths of `depth` frames; 1: for tags of all requests; 0:
 * for none.  The answer is MEMORY_READ, or why the process's memory or file cannot be read or
 * written (errno). */
enum memory_answer control_ask(struct control_place *at, uint64_t sample_bytes, uint32_t depth);

/* How far the process has followed what was asked last; after control_ask. */
enum memory_answer control_answer(const struct control_place *at, struct control_answer *a);

#endif
