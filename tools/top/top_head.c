/* The head; contract in top_head.h.  Its items flow into as many lines as the width asks for. */
#include "top_head.h"
#include "fit.h"
#include "recorded.h"
#include "say.h"
#include "tags.h"
#include "text.h"
#include "top_words.h"

#include <stdlib.h>
#include <string.h>

struct flow {
  FILE *to;
  unsigned width, at;
};

/* Adds an item to the line, or to a new one; frees it.  NULL: nothing. */
static void item_put(struct flow *f, char *item) {
  enum { GAP = 2 };
  if (item == NULL)
    return;
  unsigned columns = fit_columns(item, strlen(item));
  if (f->at > 0 && f->at + GAP + columns > f->width) {
    fputc('\n', f->to);
    f->at = 0;
  }
  fprintf(f->to, "%*s%s", f->at > 0 ? GAP : 0, "", item);
  f->at += columns + (f->at > 0 ? GAP : 0);
  free(item);
}

static void line_end(struct flow *f) {
  if (f->at > 0)
    fputc('\n', f->to);
  f->at = 0;
}

static void process_put(struct flow *f, const struct top_watch *w) {
  char *state = top_watch_state(w), *tags = tags_words(w->dump);
  item_put(f, must_print("%s", dump_text(w->dump, w->dump->process->program)));
  if (top_watch_pid(w) != 0) /* sums have none */
    item_put(f, must_print("pid %u", top_watch_pid(w)));
  item_put(f, must_print("tags %s", tags));
  item_put(f, must_copy(state));
  free(state);
  free(tags);
  item_put(f, dump_recorded(w->dump));
  line_end(f);
}

static char *bytes_item(const char *what, const char *mark, uint64_t bytes, bool exact) {
  char name[UNITS_MAX];
  units_bytes(bytes, exact, name);
  return must_print("%s %s%s", what, mark, name);
}

/* What the live bytes are of. */
static const char *live_words(const struct dump *d) {
  if (!top_watch_has_sites(d))
    return "live (small objects)";
  return dump_lacks_before(d) ? "live (requested while attached)" : "live";
}

static void sizes_put(struct flow *f, const struct top_watch *w, bool exact) {
  const struct top_reading *now = top_model_now(w->model);
  const char *mark = w->dump->process->sample_bytes > 0 ? "~" : "";
  char objects[UNITS_MAX];
  item_put(f, bytes_item(live_words(w->dump), mark, now->all.live, exact));
  units_name(now->all.objects, UNIT_COUNT, exact, objects);
  item_put(f, must_print("objects %s%s", mark, objects));
  if (top_waste_known(w->dump, TOP_ARENAS))
    item_put(f, bytes_item("waste", "", now->all.waste, exact));
  item_put(f, bytes_item("mapped", "", now->mapped, exact));
  item_put(f, now->resident != 0 ? bytes_item("resident", "", now->resident, exact)
                                 : must_copy("resident size not known: /proc could not be read"));
}

static void rates_put(struct flow *f, const struct top_watch *w, bool exact) {
  struct top_line all = top_model_all(w->model);
  char rate[TOP_WORDS_MAX], growth[TOP_WORDS_MAX];
  if (!top_model_has_rates(w->model)) {
    item_put(f, w->over ? NULL : must_copy("allocs/s -"));
    item_put(f, w->over ? NULL : must_copy("growth/min -"));
    return;
  }
  top_words_rate(all.rate, exact, rate);
  top_words_change(all.growth, exact, growth);
  item_put(f, must_print("allocs/s %s", rate));
  item_put(f,
           must_print("growth/min %s (over %.0f s)", growth, top_model_growth_seconds(w->model)));
}

char *top_head(const struct top_watch *w, unsigned width, bool exact) {
  struct text text;
  struct flow f = {.to = text_start(&text), .width = width};
  process_put(&f, w);
  sizes_put(&f, w, exact);
  line_end(&f);
  rates_put(&f, w, exact);
  line_end(&f);
  item_put(&f, top_memory_words(&w->memory, w->dump));
  line_end(&f);
  item_put(&f, top_watch_missing(w));
  line_end(&f);
  return text_end(f.to, &text);
}
