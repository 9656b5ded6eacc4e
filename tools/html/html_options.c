/* The options of `arenashim html`; contract in html.h. */
#include "html.h"
#include "words.h"

enum { KEY_VALUE = 256 };

static const struct argp_option options[] = {
    {"value", KEY_VALUE, "live|peak|allocs|bytes|waste", 0,
     "What the page shows first (default: live); it can be changed there", 0},
    {"output", 'o', "OUT", 0,
     "Write to OUT (default: FILE.html, of several merged.html; -: standard output)", 0},
    {0}};

static enum sort value_read(struct argp_state *state, const char *word) {
  static const char *const words[] = {"live", "peak", "allocs", "bytes", "waste", NULL};
  return (enum sort)option_choice(state, "value", word, words);
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct html_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->names;
    return 0;
  case KEY_VALUE:
    o->value = value_read(state, word);
    return 0;
  case 'o':
    o->out = word;
    return 0;
  default:
    return option_files_read(key, word, state, &o->files);
  }
}

void html_options_read(struct html_options *o, int argc, char **argv) {
  static const struct argp_child children[] = {{&option_names_argp, 0, NULL, 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      "FILE...",
      "Makes one page for a browser of a dump, or the sums of several: flame graph, from the "
      "outermost callers down or from the allocating functions up to their callers, call sites, "
      "what the program mapped itself, arenas and their blocks, size classes, resident memory, "
      "ledger.\vThe page holds everything it needs: it can "
      "be mailed, and opens without a network. Allocation wrappers are folded away as in "
      "`arenashim report`.",
      children,
      NULL,
      NULL};
  *o = (struct html_options){.names.fold = fold_new()};
  words_parse(&parser, argc, argv, 0, o);
  o->file = inputs_title(&o->files);
}
