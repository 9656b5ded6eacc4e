/* `arenashim merge`; contract in merge_command.h. */
#include "merge_command.h"
#include "dump_read.h"
#include "options.h"
#include "output.h"
#include "say.h"
#include "set.h"
#include "words.h"

#include <stdlib.h>

struct merge_options {
  struct inputs files;
  const char *out; /* NULL: standard output */
  struct search search;
  bool by_function, keep_processes;
};

enum { KEY_BY_FUNCTION = 256, KEY_KEEP_PROCESSES };

static const struct argp_option options[] = {
    {"output", 'o', "OUT", 0, "Write to OUT (default: standard output)", 0},
    {"by-function", KEY_BY_FUNCTION, NULL, 0,
     "Call paths are equal when their functions are: for several builds of a program. Names are "
     "looked up now, and stand in OUT",
     0},
    {"keep-processes", KEY_KEEP_PROCESSES, NULL, 0,
     "Keep processes apart: each path has its program and PID as the outermost frame, and its "
     "arenas stay its own",
     0},
    {0}};

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct merge_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->search;
    return 0;
  case KEY_BY_FUNCTION:
    o->by_function = true;
    return 0;
  case KEY_KEEP_PROCESSES:
    o->keep_processes = true;
    return 0;
  case 'o':
    if (*word == '\0')
      words_fail(state, "-o: the FILE's name is empty: name one");
    o->out = word;
    return 0;
  default:
    return option_files_read(key, word, state, &o->files);
  }
}

static void options_read(struct merge_options *o, int argc, char **argv) {
  static const struct argp_child children[] = {{&option_search_argp, 0, NULL, 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      "FILE...",
      "Writes one dump of many: its call sites, arenas and size classes are the sums of theirs. "
      "FILE is a dump, a record, a directory of them, or - for a list of names on standard "
      "input.\vCall paths are found again by build-id and offset, wherever modules were loaded. Of "
      "several dumps of one process the last counts. The order of FILEs makes no difference. A "
      "FILE that can't be read is named and left out, and the exit status is 2.",
      children,
      NULL,
      NULL};
  *o = (struct merge_options){0};
  words_parse(&parser, argc, argv, 0, o);
}

/* One line on stderr. */
static void count_say(const struct merge_options *o, const struct set_count *c) {
  char earlier[80] = "", unread[80] = "";
  if (c->earlier > 0)
    snprintf(earlier, sizeof earlier, "; %zu left out: earlier ones of the same processes",
             c->earlier);
  if (c->unread > 0)
    snprintf(unread, sizeof unread, "; %zu left out: they can't be read", c->unread);
  fprintf(stderr, "arenashim: %zu dump%s of %u program%s on %u host%s merged%s%s%s%s\n", c->merged,
          c->merged == 1 ? "" : "s", c->programs, c->programs == 1 ? "" : "s", c->hosts,
          c->hosts == 1 ? "" : "s", o->out != NULL ? " into " : "", o->out != NULL ? o->out : "",
          earlier, unread);
}

static bool image_write(const struct merge_options *o, const unsigned char *image, size_t bytes) {
  struct output out;
  return output_open_of(&out, o->out, &o->files, "a dump") &&
         output_close(&out, fwrite(image, 1, bytes, out.to) == bytes || ferror(out.to));
}

/* A directory that OUT lies in has the result of the last time, too. */
static bool out_is_free(struct merge_options *o) {
  size_t dropped = o->out != NULL ? inputs_drop(&o->files, o->out) : 0;
  if (o->files.count == 0)
    say_error("%s is the only dump there: name others to merge", o->out);
  else if (dropped > 0)
    say_warning("%s is among the files: it is replaced, and not merged", o->out);
  return o->files.count > 0;
}

int merge_command(int argc, char **argv) {
  struct merge_options o;
  struct set_count count = {0};
  size_t bytes;
  options_read(&o, argc, argv);
  const struct set_how how = {.open = dump_open,
                              .by_function = o.by_function,
                              .keep_processes = o.keep_processes,
                              .search = &o.search};
  unsigned char *image = out_is_free(&o) ? set_merge(&o.files, &how, &count, &bytes) : NULL;
  bool written = image != NULL && image_write(&o, image, bytes);
  if (written)
    count_say(&o, &count);
  free(image);
  inputs_free(&o.files);
  return written && count.unread == 0 ? 0 : 2;
}
