/* The screen of `top`, tick by tick; contract in top_options.h.
 *
 * Messages of the command go to the screen's last line while it is there, and stay until the next
 * key.
 */
#include "clock.h"
#include "progress.h"
#include "say.h"
#include "text.h"
#include "top_options.h"
#include "top_screen.h"
#include "top_view.h"

#include <stdlib.h>
#include <string.h>

struct live {
  const struct top_options *options;
  struct top_watch *watch;
  struct top_view view;
  uint64_t next_ns; /* of the next reading */
  struct text said; /* since the last key, by say.h */
  FILE *said_to;
  bool has_seen_end; /* a key was pressed after the end was shown */
};

static void said_start(struct live *l) {
  l->said_to = text_start(&l->said);
  say_to(l->said_to);
}

static void said_end(struct live *l) {
  say_to(stderr);
  free(text_end(l->said_to, &l->said));
}

/* A file that is damaged is said to be so at each tick. */
static void said_limit(struct live *l) {
  enum { MANY = 1 << 16 };
  fflush(l->said_to);
  if (l->said.length < MANY)
    return;
  said_end(l);
  said_start(l);
}

/* The first line that was said, without its newline; NULL: nothing was.  To be freed. */
static char *said_line(struct live *l) {
  fflush(l->said_to);
  if (l->said.length == 0)
    return NULL;
  return must_print("%.*s", (int)strcspn(l->said.at, "\n"), l->said.at);
}

/* For the last line; NULL: the keys.  To be freed. */
static char *message_of(struct live *l) {
  char *line = said_line(l);
  if (line != NULL || !l->watch->over || l->has_seen_end)
    return line;
  char *state = top_watch_state(l->watch);
  line = l->watch->state == SOURCE_FILE ? must_print("nothing new will come: %s; q quits", state)
                                        : must_print("%s: this was its last state; q quits", state);
  free(state);
  return line;
}

static uint32_t draw(struct live *l) {
  char *message = message_of(l);
  uint32_t page = top_screen_draw(l->watch, &l->view, message);
  free(message);
  return page;
}

/* Reads when it is time; returns how many milliseconds there are until the next reading. */
static int tick(struct live *l) {
  enum { REST_MS = 1000 };
  uint64_t now = clock_ns(CLOCK_MONOTONIC);
  if (l->watch->over || l->view.is_frozen)
    return REST_MS;
  if (now >= l->next_ns) {
    top_watch_tick(l->watch);
    said_limit(l);
    top_view_by(&l->view, top_options_by(l->options, l->watch->dump)); /* it may have got tags */
    top_view_update(&l->view, l->watch->model);
    now = clock_ns(CLOCK_MONOTONIC);
    l->next_ns += l->options->interval_ns;
    if (l->next_ns < now) /* it was frozen, or stopped */
      l->next_ns = now + l->options->interval_ns;
  }
  uint64_t rest = (l->next_ns - now) / 1000000 + 1;
  return rest < REST_MS ? (int)rest : REST_MS;
}

static void key_take(struct live *l, uint32_t key, uint32_t page) {
  if (key == TOP_KEY_NONE)
    return;
  if (l->said.length > 0) {
    said_end(l);
    said_start(l);
  } else
    l->has_seen_end = l->watch->over;
  top_view_key(&l->view, key, page);
  top_view_update(&l->view, l->watch->model);
}

int top_screen_run(const struct top_options *o, struct top_watch *w) {
  struct live l = {.options = o, .watch = w, .next_ns = clock_ns(CLOCK_MONOTONIC) + o->interval_ns};
  progress_hide();
  if (!top_screen_open())
    return 2;
  progress_stop();
  said_start(&l);
  top_view_start(&l.view, top_options_by(o, w->dump), o->sort);
  top_view_update(&l.view, w->model);
  while (!l.view.is_over) {
    int wait = tick(&l);
    uint32_t page = draw(&l);
    key_take(&l, top_screen_key(wait), page);
  }
  top_view_free(&l.view);
  said_end(&l);
  top_screen_close();
  return 0;
}
