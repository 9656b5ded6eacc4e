/* Ticks of a source; contract in top_watch.h.
 *
 * The clock of all readings is the process's own, how long it has lived: a dump that is read again
 * is the same moment, until a later one has taken its place.
 */
#include "top_watch.h"
#include "clock.h"
#include "say.h"
#include "top_words.h"
#include "when.h"

#include <stdlib.h>
#include <string.h>

bool top_watch_open(struct top_watch *w, const char *what, const struct option_names *names,
                    bool at_once) {
  *w = (struct top_watch){.what = what, .source = source_open(what)};
  if (w->source == NULL)
    return false;
  w->model = top_model_new(names, at_once);
  if (top_watch_tick(w))
    return true;
  if (say_count() == 0)
    say_error("%s: it has ended: nothing of it can be read any more", what);
  top_watch_close(w);
  return false;
}

void top_watch_close(struct top_watch *w) {
  dump_close(w->dump);
  top_model_free(w->model);
  top_memory_free(&w->memory);
  source_close(w->source);
}

/* Whether the process of a dump had its end when it was made. */
static bool is_over(const struct top_watch *w) {
  return w->state == SOURCE_ENDED || w->state == SOURCE_KILLED ||
         (w->state == SOURCE_FILE && !dump_is_snapshot(w->dump));
}

bool top_watch_tick(struct top_watch *w) {
  struct dump *d = source_read(w->source);
  if (d == NULL) {
    if (w->state != SOURCE_FILE) /* else the dump of a process that may run on is gone */
      w->state = source_state(w->source);
    w->over = true;
    return false;
  }
  w->state = source_state(w->source);
  dump_close(w->dump);
  w->dump = d;
  w->over = is_over(w);
  top_memory_update(&w->memory, d);
  return top_model_add(w->model, d, d->process->lived_ns);
}

char *top_watch_state(const struct top_watch *w) {
  static const char *const words[] = {
      [SOURCE_RUNNING] = "running", [SOURCE_ENDED] = "ended", [SOURCE_KILLED] = "killed"};
  char time[TOP_WORDS_MAX];
  if (w->state == SOURCE_FILE)
    return dump_when(w->dump, 0);
  top_words_time(w->dump->process->lived_ns, time);
  return must_print("%s %s %s", words[w->state], w->state == SOURCE_RUNNING ? "for" : "after",
                    time);
}

const char *top_watch_state_word(const struct top_watch *w) {
  static const char *const words[] = {[SOURCE_RUNNING] = "running",
                                      [SOURCE_ENDED] = "ended",
                                      [SOURCE_KILLED] = "killed",
                                      [SOURCE_FILE] = "file"};
  return words[w->state];
}

unsigned top_watch_pid(const struct top_watch *w) {
  bool is_pid = w->what[strspn(w->what, "0123456789")] == '\0';
  return is_pid ? (unsigned)strtoul(w->what, NULL, 10) : w->dump->process->pid;
}

bool top_watch_has_sites(const struct dump *d) {
  return d->process->tags != DUMP_TAG_OFF || d->n_accounts > 0;
}

char *top_watch_missing(const struct top_watch *w) {
  static const char words[] = "call sites are not recorded:";
  if (top_watch_has_sites(w->dump))
    return NULL;
  if (w->state == SOURCE_RUNNING)
    return must_print("%s `arenashim attach %u` samples them from now on", words, top_watch_pid(w));
  return must_print("%s start the program with ARENASHIM_TAG=stack:8", words);
}
