/* The record: memory that a reader outside of the process may look at.
 *
 *   head ── piece[0] ──> the head itself
 *        ── piece[1] ──> counters of arenas      a piece = addresses, a kind, a place in the file
 *        ── piece[2] ──> accounts
 *        ── ...
 *
 * A reader finds the head in the library's zero-initialized data (it begins a page, with a magic
 * number), and from there all else, by addresses.  So a process that runs can be read without
 * its help, if the reader may read its memory.  Nothing is mapped or written for that.
 *
 * With a file (pieces_to_file) every piece lies in it, shared: what the process counts is then in
 * the file at once, and stays there however the process ends.  The file has the pieces one after
 * the other, the head first.
 *
 * Rules, for the writer and for the reader
 *   1. The process never uses what it reads from a piece as an address, an index or a size, and it
 *      decides nothing by it that could harm the program: somebody may write into the file.
 *   2. Counters keep their places.  Items of tables are appended, and never move.
 *   3. An item is written before the word that makes it valid (a piece's `bytes`, a node's `kind`,
 *      an account's `allocs`), with release order; a reader takes items whose word is not 0.
 *   4. Words that belong together are written one after the other.  A reader, and a process that is
 *      killed in between, may leave them one operation apart.
 *
 * If the file cannot grow (a full disk, a sandbox), further pieces are private memory, and
 * head->private_pieces counts them.
 */
#ifndef ARENA_PIECES_H
#define ARENA_PIECES_H

#include "base.h"

#define PIECES_MAGIC "\211ARECORD"

enum { PIECES_MAX = 1024, PIECES_USER_BYTES = (16 << 10) - CACHE_LINE };

enum piece_kind {
  PIECE_NONE,
  PIECE_HEAD,
  PIECE_COUNTS,   /* struct heap_counts, HEAP_BYTES apart */
  PIECE_ACCOUNTS, /* struct account */
  PIECE_NODES,    /* nodes of call paths; the kinds from here on are the shim's */
  PIECE_MODULES,
  PIECE_TEXT,
  PIECE_TIMELINE,
  PIECE_SHARES,
  PIECE_MAPPED = 10,
  PIECE_LIVES = 11, /* struct life_counts: of the arenas again */
  PIECE_KINDS
};

struct piece {
  uint64_t address;       /* in the process */
  uint64_t offset;        /* in the file; 0 of the head, and of a private piece */
  _Atomic uint64_t bytes; /* written last; 0: no piece */
  uint32_t kind;          /* enum piece_kind */
  uint32_t zero;
};

/* The process's live bytes and peak, with tags (account.h). */
struct peak {
  _Atomic int64_t live;     /* as published */
  _Atomic int64_t most;     /* highest `live` so far */
  _Atomic uint32_t epoch;   /* grows with each new `most`; at least 1 when there are accounts */
  _Atomic uint32_t restart; /* first epoch of this process: older ones were its parent's */
};

struct pieces_head {
  char magic[8]; /* written last, by pieces_setup */
  uint16_t major, minor;
  uint32_t head_bytes;
  _Atomic uint32_t pieces;         /* how many of `piece` were given out */
  _Atomic uint32_t private_pieces; /* pieces that found no room in the file */
  _Atomic uint64_t file_bytes;     /* of the file, as far as it has blocks; 0: there is no file */
  struct peak peak;
  /* For the code that uses the arenas, 0 at first: arena/ neither reads nor writes it. */
  _Alignas(CACHE_LINE) unsigned char user[PIECES_USER_BYTES];
  struct piece piece[PIECES_MAX];
};

static_assert(sizeof(struct pieces_head) % PAGE_BYTES == 0, "nothing else lies in its pages");

/* Private until pieces_to_file. */
extern hidden struct pieces_head pieces_head;

/* Opens the record's file for reading and writing; -1 if that is not possible now.  Set together
 * with the file: the file grows in the middle of a request, and no descriptor is kept open. */
extern hidden int (*pieces_open_file)(void);

/* Begins the record.  Call it once, before the functions below, while there is one thread. */
hidden void pieces_setup(void);

/* Maps a piece of zeros at that address, never over another mapping.  `bytes` is a multiple of
 * PAGE_BYTES.  False if the system refuses, or if the directory is full.  Any thread. */
hidden bool piece_map_at(enum piece_kind kind, void *address, size_t bytes);

/* Makes memory of the library's own, whole pages of zeros, a piece.  False if the directory is
 * full.  Any thread. */
hidden bool piece_show(enum piece_kind kind, void *address, size_t bytes);

/* Room for an item of `bytes` in pieces of that kind; aligned to CACHE_LINE if bytes is a multiple
 * of it.  Zeros.  NULL if the system refuses.  Any thread; lock-free. */
hidden void *piece_take(enum piece_kind kind, size_t bytes);

/* Bytes mapped for items (piece_map and piece_take).  Any thread. */
hidden uint64_t pieces_item_bytes(void);

/* Moves all pieces into the file, and those that are mapped later, too.  `fd` is open for reading
 * and writing, and the file is empty; the caller closes it.  Returns 0, or the errno value that
 * says why not; then the pieces stay as they were.  Call it while no other thread writes into
 * pieces (rule 3 of the caller: start, and the child of a fork). */
hidden int pieces_to_file(int fd);

/* Makes all pieces private again, filled with zeros if `lost` (the file was cut and cannot be
 * read), else with what they hold.  Signal handlers too. */
hidden void pieces_leave_file(bool lost);

/* How often the file was lost.  Any context. */
hidden unsigned pieces_lost(void);

/* Does that address lie in a piece that the file has?  Any context. */
hidden bool pieces_hold(uintptr_t address);

/* Around a fork, in this order; they do nothing without a file.  The child's pieces are private
 * copies as of pieces_fork_prepare; those that other threads added after it are there as well.
 * pieces_fork_child returns whether there was a file: then items that other threads have written
 * since pieces_fork_prepare are older than what the child's own memory says of them. */
hidden void pieces_fork_prepare(void);
hidden void pieces_fork_parent(void);
hidden bool pieces_fork_child(void);

#endif
