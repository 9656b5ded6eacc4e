/* The books of a process as bytes: copied out of its memory, or out of the file of its record
 * (record_format.h).  The writer does not stop meanwhile, and may write anything: every size is
 * checked here, every value by whoever uses it.
 */
#ifndef TOOLS_MEMORY_H
#define TOOLS_MEMORY_H

#include "../../shim/record_format.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct memory_piece {
  uint32_t kind;
  uint64_t address; /* in the process */
  size_t bytes;
  unsigned char *at; /* a copy; zeros where it could not be read */
};

struct memory {
  struct record_head head; /* head.magic is right */
  uint64_t head_at;        /* its address in the process; of a file: 0 */
  struct memory_piece *piece;
  unsigned pieces, missing; /* missing: were not in the file, or could not be read */
};

enum memory_answer {
  MEMORY_READ,
  MEMORY_GONE,      /* there is no such process */
  MEMORY_FORBIDDEN, /* the kernel does not let us read its memory: errno */
  MEMORY_NONE,      /* it does not run under the shim, or under one without a record */
  MEMORY_NEWER,     /* its record is of a later version */
  MEMORY_DAMAGED    /* a file that is no whole record */
};

/* Finds the head in a process, and copies it alone: all that is needed to know that the books can
 * be read.  *m is set if the answer is MEMORY_READ, and needs no memory_free. */
enum memory_answer memory_find(struct memory *m, pid_t pid);

/* Copies the books of a process too: the pieces of one kind, or with MEMORY_ANY all of them.  *m is
 * set if the answer is MEMORY_READ. */
enum { MEMORY_ANY = 0 };
enum memory_answer memory_of_process(struct memory *m, pid_t pid, uint32_t kind);

/* The same where the head is known to be (m->head_at of an earlier answer). */
enum memory_answer memory_of_head(struct memory *m, pid_t pid, uint64_t head_at, uint32_t kind);

/* Copies them from bytes of a file. */
enum memory_answer memory_of_file(struct memory *m, const unsigned char *bytes, size_t size);

/* The same of a file that is open for reading, of the head alone or of one kind of pieces: for a
 * file that a process is writing. */
enum memory_answer memory_head_of_fd(struct memory *m, int fd);
enum memory_answer memory_of_fd(struct memory *m, int fd, uint32_t kind);

void memory_free(struct memory *m);

/* Do bytes begin as a record does? */
bool memory_magic_fits(const unsigned char *bytes, size_t size);

/* The text at an address of the process, at most `most` bytes; "" if none is there.  Valid as long
 * as m is. */
const char *memory_text(const struct memory *m, uint64_t address, size_t most);

#endif
