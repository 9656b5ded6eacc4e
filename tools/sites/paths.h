/* The call paths as they are shown: wrappers folded away, equal ones merged.
 *
 *   dump's nodes   root <- xmalloc+8 <- read_token inlined into parse+20 <- main+40
 *   paths          root <-              read_token (parse.c:7) <- parse (parse.c:31) <- main
 *
 * A node whose address lies in inlined functions makes a frame for each of them.  Paths are equal
 * when they show the same (PATHS_FUNCTIONS; what else can be asked for stands at paths_merge):
 *   near   frames up to the first in the program's own source, and that one, count by function,
 *          file and line; where no line is known, the innermost by its return address
 *   far    callers beyond count by function; file and line are then those of one of their calls
 * and by address where no function is known.  Types count, too, of the innermost own function.  So
 * each path shows the line of its own source that made it allocate, and has one row however many of
 * main's lines lead there.
 *
 * One pass builds them all, for a node's path is its parent's path and its own frames.
 */
#ifndef TOOLS_PATHS_H
#define TOOLS_PATHS_H

#include "frame.h"
#include "names.h"

#include <stdio.h>

enum { PATH_ROOT = 0 }; /* the empty path */

/* Frames of a path, labels included; outer ones beyond are left out. */
enum { PATH_DEPTH_MAX = DUMP_DEPTH_MAX };

struct path {
  uint32_t parent;  /* path one frame further in; less than its own index */
  uint32_t node;    /* one of the dump's nodes that its outermost frame stands for */
  uint32_t call;    /* which of the functions at that node it is: of names_calls */
  uint32_t inner;   /* node of its innermost frame, 0 while it has only labels */
  const char *type; /* of the innermost own function: what it allocates there; else NULL (made.h) */
  uint16_t depth;   /* frames, labels included */
  bool near;        /* its outermost frame is a near one */
  bool own;         /* one of its frames is in the program's own source: what comes is far */
  bool cut;         /* its outermost frame stands for callers that were not recorded (cuts.h) */
};

struct paths {
  struct path *items;
  uint32_t count;
  uint32_t *of_node; /* of each of the dump's nodes: its path */
  char *cut;         /* what the frames of paths that were cut show */
};

/* Which frames above the same ones are equal. */
enum paths_merge {
  PATHS_FUNCTIONS, /* as above */
  PATHS_LINES,     /* callers count by line, too: all frames are near */
  PATHS_CALLS      /* calls that return to the same address: each frame's line is its own */
};

/* `cuts`: a path that was cut gets one more frame, outermost, which says so: "(cut at 8 frames)".
 * Without it such a path looks as if it began there. */
struct paths *paths_new(const struct dump *d, const struct names *names, enum paths_merge merge,
                        bool cuts);
void paths_free(struct paths *p);

/* What a path's outermost frame shows. */
void paths_frame(const struct paths *p, const struct dump *d, const struct names *names,
                 uint32_t path, struct frame *frame);

/* Writes the outermost frame's "function", or when it isn't known "module+0x1234" or "0x7f00...";
 * labels as [label], and what was cut as "(cut at 8 frames)". */
void paths_print_frame(const struct paths *p, const struct dump *d, const struct names *names,
                       uint32_t path, FILE *to);

/* Where its call stands, if it is a near one: " (file.c:12)", or where no line is known "+0x1f" of
 * the innermost; then its type, if one is known: " [std::string]". */
void paths_print_place(const struct paths *p, const struct dump *d, const struct names *names,
                       uint32_t path, FILE *to);

#endif
