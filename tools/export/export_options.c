/* The options of `arenashim export`; contract in export_options.h. */
#include "export_options.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

enum { KEY_FORMAT = 256, KEY_VALUE, KEY_KIND, KEY_DELTA };

static const struct argp_option options[] = {
    {"format", KEY_FORMAT, "pprof|collapsed|dhat|heap|json|jsonl|speedscope", 0,
     "pprof: for `go tool pprof`; collapsed: a line for each call path, outermost frame first, for "
     "flamegraph.pl and the like; dhat: for valgrind's dh_view.html; heap: gperftools' heap "
     "profile, for google-pprof and jeprof; json: all of the dump, as arenashim.schema.json "
     "describes it; jsonl: a line of JSON for each call site and arena, for databases; speedscope: "
     "for speedscope",
     0},
    {"value", KEY_VALUE, "live|allocs|peak|bytes|waste", 0,
     "What a path's number is; where a file has all of them, which is shown first (default: live). "
     "heap, json and jsonl: no difference",
     0},
    {"kind", KEY_KIND, "heap|mapped", 0,
     "Of which memory: what malloc served (heap, the default), or what the program mapped itself "
     "by "
     "mmap, brk and shmat, its threads' stacks among it. pprof, json and jsonl have both",
     0},
    {"delta", KEY_DELTA, "OLD", 0,
     "What changed from OLD to FILE, two dumps of a process or two directories: pprof, json and "
     "jsonl have differences, which may be negative; collapsed both values, for flamegraph.pl",
     0},
    {"output", 'o', "OUT", 0, "Write to OUT (default: standard output)", 0},
    {0}};

static const struct export_format *format_read(struct argp_state *state, const char *word) {
  const char *words[16] = {NULL};
  for (int i = 0; export_formats[i].name != NULL; i++)
    words[i] = export_formats[i].name;
  return &export_formats[option_choice(state, "format", word, words)];
}

static enum export_value value_read(struct argp_state *state, const char *word) {
  static const char *const words[] = {"live", "allocs", "peak", "bytes", "waste", NULL};
  return (enum export_value)option_choice(state, "value", word, words);
}

static void base_add(struct argp_state *state, struct inputs *bases, const char *word) {
  char *why = inputs_add(bases, word);
  if (why != NULL)
    words_fail(state, "--delta: %s", why);
}

static void format_check(struct argp_state *state, const struct export_options *o) {
  if (o->format != NULL && o->bases.count > 0 && !o->format->delta)
    words_fail(state,
               "--delta: %s has no differences: use --format pprof, json, jsonl or collapsed",
               o->format->name);
  if (o->format == NULL)
    words_fail(state,
               "say which --format: pprof, collapsed, dhat, heap, json, jsonl or speedscope");
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct export_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->names;
    return 0;
  case KEY_FORMAT:
    o->format = format_read(state, word);
    return 0;
  case KEY_VALUE:
    o->value = value_read(state, word);
    return 0;
  case KEY_KIND:
    o->mapped = option_kind(state, word);
    return 0;
  case KEY_DELTA:
    base_add(state, &o->bases, word);
    return 0;
  case 'o':
    o->out = word;
    return 0;
  case ARGP_KEY_SUCCESS:
    format_check(state, o);
    return 0;
  default:
    return option_files_read(key, word, state, &o->files);
  }
}

void export_options_read(struct export_options *o, int argc, char **argv) {
  static const struct argp_child children[] = {{&option_names_argp, 0, NULL, 0}, {0}};
  static const struct argp parser = {
      options,
      option_read,
      "FILE...",
      "Writes what the call paths of a dump, or of the sums of several, cost in another tool's "
      "format.\vAllocation wrappers "
      "are folded away as in `arenashim report`. Of a sampled dump the values are estimates. Paths "
      "that cost nothing are left out.\n\nValues: live: bytes alive; allocs: allocations; peak: "
      "bytes alive when the process had most; bytes: bytes ever requested; waste: bytes that "
      "rounding and half-empty slabs cost.",
      children,
      NULL,
      NULL};
  *o = (struct export_options){.names.fold = fold_new()};
  words_parse(&parser, argc, argv, 0, o);
  o->file = inputs_title(&o->files);
}
