/* The frames of an export's paths, each once, with their texts as valid UTF-8. */
#ifndef TOOLS_EXPORT_FRAMES_H
#define TOOLS_EXPORT_FRAMES_H

#include "session.h"

/* Frames of one row at most: a path and its words. */
enum { FRAMES_MAX = DUMP_DEPTH_MAX + 2 };

/* What a format takes for one frame. */
enum frames_detail {
  FRAMES_NONE,     /* it asks for no frames */
  FRAMES_CALLS,    /* a place in the code: two calls of a function are two frames */
  FRAMES_FUNCTIONS /* a function, by its name and file */
};

struct export_frame {
  char *name;       /* as `arenashim report` has it, without an offset in functions */
  char *file;       /* NULL: not known */
  char *type;       /* that it allocates by a wrapper or container; NULL: not known */
  bool is_function; /* else a label, module+offset, words or "(cut at 8 frames)" */
  bool is_cut;      /* the last of these: callers that were not recorded */
  /* Of FRAMES_CALLS alone: */
  bool inlined;     /* into the frame that comes next */
  unsigned line;    /* of the call; 0: not known */
  uint32_t module;  /* index + 1, 0: none */
  uint64_t address; /* in the call, one less than its return address; 0: none */
};

struct export_frames {
  const struct session *session;
  struct export_frame *items;
  uint32_t count;
  uint32_t *of_path;            /* index + 1 of each path's outermost frame; 0: no row shows it */
  uint32_t of_words[ROW_KINDS]; /* the same, of rows' words */
  void *tree;
};

/* The session must outlive them. */
struct export_frames *frames_new(const struct session *s, enum frames_detail detail);
void frames_free(struct export_frames *f);

/* A row's frames, outermost first, at least one: words stand innermost.  Returns how many. */
uint32_t frames_of_row(const struct export_frames *f, const struct row *r,
                       uint32_t frames[FRAMES_MAX]);

#endif
