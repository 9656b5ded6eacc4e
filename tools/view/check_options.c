/* The options of `arenashim check`; contract in check.h. */
#include "check.h"
#include "view_options.h"
#include "words.h"

enum { KEY_LIVE = 256, KEY_PEAK, KEY_ALLOCS, KEY_BASELINE, KEY_GROWTH, KEY_SUM, KEY_JSON };

static const struct argp_option options[] = {
    {"max-live", KEY_LIVE, "SIZE", 0, "The most bytes that may be alive", 0},
    {"max-peak", KEY_PEAK, "SIZE", 0, "The most bytes that may be alive at any time", 0},
    {"max-allocs", KEY_ALLOCS, "N", 0, "The most allocations that there may be", 0},
    {"baseline", KEY_BASELINE, "OLD", 0, "The dump to compare with", 0},
    {"max-growth", KEY_GROWTH, "PERCENT", 0,
     "Live, peak and requested bytes may each have grown so much from OLD's", 0},
    {"sum", KEY_SUM, NULL, 0, "Of several FILEs their sums are judged, not each by itself", 0},
    {"json", KEY_JSON, NULL, 0, "For a program to read, instead of tables", 0},
    {0}};

static void all_there(struct argp_state *state, const struct check_options *o) {
  bool any = o->has_growth;
  for (int i = 0; i < CHECKS; i++)
    any |= o->limits[i].set;
  const struct inputs *olds = &o->view.olds;
  if (olds->count > 0 && !o->has_growth)
    words_fail(state, "--baseline=%s: say how much may have grown, with --max-growth",
               olds->names[0]);
  if (o->has_growth && olds->count == 0)
    words_fail(state, "--max-growth: say from which dump on, with --baseline");
  if (!any)
    words_fail(state,
               "nothing to check: give --max-live, --max-peak, --max-allocs, or --baseline and "
               "--max-growth");
}

static void limit_set(struct check_options *o, int which, uint64_t most) {
  o->limits[which].set = true;
  o->limits[which].most = most;
}

static void baseline_add(struct argp_state *state, struct inputs *olds, const char *word) {
  char *why = inputs_add(olds, word);
  if (why != NULL)
    words_fail(state, "--baseline: %s", why);
}

static error_t option_read(int key, char *word, struct argp_state *state) {
  struct check_options *o = state->input;
  switch (key) {
  case ARGP_KEY_INIT:
    state->child_inputs[0] = &o->view;
    return 0;
  case KEY_LIVE:
    limit_set(o, CHECK_LIVE, option_size(state, "max-live", word));
    return 0;
  case KEY_PEAK:
    limit_set(o, CHECK_PEAK, option_size(state, "max-peak", word));
    return 0;
  case KEY_ALLOCS:
    limit_set(o, CHECK_ALLOCS, option_count(state, "max-allocs", word));
    return 0;
  case KEY_BASELINE:
    baseline_add(state, &o->view.olds, word);
    return 0;
  case KEY_GROWTH:
    o->growth = option_percent(state, "max-growth", word);
    o->has_growth = true;
    return 0;
  case KEY_SUM:
    o->sum = true;
    return 0;
  case KEY_JSON:
    o->json = true;
    return 0;
  case ARGP_KEY_END:
    all_there(state, o);
    return 0;
  default:
    return ARGP_ERR_UNKNOWN;
  }
}

const struct argp check_argp = {
    options,
    option_read,
    "FILE...",
    "Checks a dump, each of several, or their sums against limits, for a job that has to fail when "
    "they are exceeded.\vExit "
    "status: 0 all hold, 1 one is exceeded, 2 it can't be judged. SIZE is in bytes, or with K or "
    "KiB, M or MiB, G or GiB, T or TiB after it, powers of 1024. Growth is judged by live, peak "
    "and requested bytes, and shown with the call sites that grew most.",
    option_view_children,
    NULL,
    NULL};
