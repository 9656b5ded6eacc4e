/* The books of the program's own mappings: which ranges it has mapped, and what each call site did.
 *
 *   mmap:    system call, then mapped_add
 *   munmap:  mapped_take, system call, mapped_taken(done)      the ranges are out of the books
 *                                                              before another thread can get them
 *
 * A range that is added takes the place of whatever the books still have there: the kernel would
 * not have given it out, so those mappings have gone in a way that is not seen (a system call that
 * the program makes itself).
 *
 *   account.live_bytes = bytes of its ranges in the tree, and of those taken and not settled yet
 *   live bytes of all  = sum of the accounts'
 *
 * One lock, which no signal handler waits for: a handler that interrupts a change of the books in
 * its own thread leaves a note of what it did, and the thread enters it before it unlocks.  A
 * thread that waits too long for another gives up, and counts that (mapped_missed); what the books
 * then lack or still have is as if the program had made the system call itself.
 *
 * All functions may be called by any thread and in signal handlers; they request no memory of
 * malloc's and keep errno.
 */
#ifndef SHIM_MAPPED_BOOKS_H
#define SHIM_MAPPED_BOOKS_H

#include "mapped_counts.h"

/* Adds [start, start + bytes), mapped for that arena (its number + 1; 0: none) at that call site.
 * `what` has no account. */
hidden void mapped_add(uint32_t arena, uint32_t site, uintptr_t start, size_t bytes,
                       const struct mapped_what *what);

/* What is about to be unmapped: filled in by mapped_take or mapped_take_segment, and settled by one
 * call of mapped_taken. */
struct mapped_taking {
  uintptr_t start, end;
  struct mapped_range *pieces;
  uint32_t state, generation;    /* of mapped_books.c */
  bool splits_start, splits_end; /* a range of which one part was taken, and one was not */
};

/* Takes what is mapped in [start, end) out of the books. */
hidden void mapped_take(struct mapped_taking *t, uintptr_t start, uintptr_t end);

/* The same for the parts of the System V segment that was attached at `start`. */
hidden void mapped_take_segment(struct mapped_taking *t, uintptr_t start);

/* It was unmapped; or, not done, everything stays as it was. */
hidden void mapped_taken(struct mapped_taking *t, bool done);

/* Sets *what to that of the byte at `address`, with its offset.  False: it is not in the books. */
hidden bool mapped_find(uintptr_t address, struct mapped_what *what);
/* The same for a byte that was taken and is not settled. */
hidden bool mapped_taken_find(const struct mapped_taking *t, uintptr_t address,
                              struct mapped_what *what);

/* ---- for reports ---- */

/* Accounts made so far; the site of one; and a copy of one, whose at_peak_bytes are valid.  An
 * account whose allocs are 0 is none. */
hidden uint32_t mapped_accounts(void);
hidden uint32_t mapped_account_site(uint32_t number);
hidden void mapped_account_read(uint32_t number, struct mapped_account *to);

/* A range, and whose it is. */
struct mapped_row {
  uintptr_t start, end;
  struct mapped_what what; /* its account is not to be followed */
  uint32_t arena, site;
};

/* Copies ranges that end above `from` to rows, in the order of addresses; returns how many, at most
 * `most`.  -1: the books stay locked, as they do for a handler that interrupted a change. */
hidden int mapped_read(uintptr_t from, struct mapped_row *rows, unsigned most);

/* Bytes mapped for the books. */
hidden uint64_t mapped_books_bytes(void);

/* Around a fork: the books are not being changed by another thread while it happens, and the child
 * has its parent's ranges, with counts that begin again: what lives counts as mapped.  Of the
 * stacks that pthread_create mapped it has the one that `own_stack` lies in, 0 in none. */
hidden void mapped_fork_prepare(void);
hidden void mapped_fork_parent(void);
hidden void mapped_fork_child(uintptr_t own_stack);

#endif
