/* Asks, waits for the answer, tells it; contract in attach.h. */
#include "attach.h"
#include "attach_options.h"
#include "attach_place.h"
#include "control.h"
#include "dump_read.h"
#include "output.h"
#include "say.h"
#include "source.h"
#include "units.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* How long the answer is waited for, and between looks: most threads follow at once. */
enum { WAIT_MS = 500, LOOK_MS = 1, LOOK_MS_MOST = 10 };

static void sleep_seconds(double seconds) {
  struct timespec t = {.tv_sec = (time_t)seconds,
                       .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
  nanosleep(&t, &t);
}

/* A process that was named, and its control word. */
struct target {
  const char *what;
  struct control_place at;
};

/* Until the first thread has followed, and the others as far as they do in that time. */
static enum memory_answer wait_for(const struct target *t, struct control_answer *a) {
  enum memory_answer answer = MEMORY_READ;
  for (int ms = 0, look = LOOK_MS; ms < WAIT_MS; ms += look) {
    answer = control_answer(&t->at, a);
    if (answer != MEMORY_READ || (a->seen && a->joined == a->running))
      return answer;
    sleep_seconds(look / 1e3);
    look = look * 2 < LOOK_MS_MOST ? look * 2 : LOOK_MS_MOST;
  }
  return answer;
}

/* ---- what is there already ---- */

/* "every request" or "one request for each 65536 bytes"; to be freed. */
static char *recorded_words(uint64_t sample_bytes) {
  return sample_bytes <= 1
             ? must_copy("every request")
             : must_print("one request for each %llu bytes", (unsigned long long)sample_bytes);
}

static void say_since_start(const char *what, const struct control_state *s) {
  static const char *const tags[] = {"off", "site", "stack", "verify"};
  char *recorded = recorded_words(s->sample_bytes), depth[16] = "";
  if (s->tags >= DUMP_TAG_STACK)
    snprintf(depth, sizeof depth, ":%u", s->depth);
  say_error("process %s: it has recorded call paths since its start (%s%s, %s), and attach and "
            "detach can't change that: `arenashim top %s` shows them, `arenashim dump %s` writes "
            "them",
            what, tags[s->tags & 3], depth, recorded, what, what);
  free(recorded);
}

/* False: said why nothing can be asked of it. */
static bool may_ask(const struct target *t, struct control_state *s) {
  enum memory_answer answer = control_state(&t->at, s);
  if (answer != MEMORY_READ)
    attach_place_say(&t->at, t->what, answer);
  else if (s->since_start)
    say_since_start(t->what, s);
  return answer == MEMORY_READ && !s->since_start;
}

/* ---- to ask ---- */

static void say_refused(const char *what, unsigned refused) {
  if (refused == RECORD_REFUSED_EXACT)
    say_error("process %s: it has recorded call paths since its start: `arenashim top %s` shows "
              "them, `arenashim dump %s` writes them",
              what, what, what);
  if (refused == RECORD_REFUSED_MEMORY)
    say_error("process %s: the system refuses it the memory that tags need: raise its limits, or "
              "attach with --sample 64K",
              what);
}

/* False: said why it cannot be. */
static bool ask(struct target *t, uint64_t sample_bytes, uint32_t depth, struct control_answer *a) {
  enum memory_answer answer = control_ask(&t->at, sample_bytes, depth);
  if (answer == MEMORY_READ)
    answer = wait_for(t, a);
  if (answer != MEMORY_READ) {
    attach_place_say(&t->at, t->what, answer);
    return false;
  }
  if (!attach_place_runs(&t->at, t->what))
    return false;
  if (a->seen)
    say_refused(t->what, a->refused);
  return !a->seen || a->refused == RECORD_NOT_REFUSED;
}

/* `does`: what it does when it asks, "begins". */
static void tell_joined(const struct control_answer *a, const char *does) {
  unsigned waiting = a->running - a->joined;
  if (!a->seen)
    printf("no thread has asked for memory since: recording %s when one does\n", does);
  else if (waiting > 0)
    printf("%u of %u threads have not asked for memory since: of each recording %s when it does\n",
           waiting, a->running, does);
}

static int write_dump(const char *what, const char *path) {
  size_t bytes;
  struct output out;
  unsigned char *image = source_image(what, &bytes);
  if (image == NULL)
    return 2;
  bool open = output_open(&out, path, NULL, "dump");
  bool written = open && fwrite(image, 1, bytes, out.to) == bytes;
  free(image);
  if (!open || !output_close(&out, written))
    return 2;
  printf("written: %s\n", path);
  return 0;
}

/* What is there from before, of which nothing is recorded but how much it is.  A thread's objects
 * are known once it has joined. */
static void tell_before(const char *what, bool all_joined) {
  char count[UNITS_MAX], bytes[UNITS_MAX];
  uint64_t objects = 0, held = 0;
  struct dump *d = source_dump(what);
  for (uint32_t i = 0; d != NULL && i < d->n_accounts; i++) {
    const struct dump_account *a = &d->accounts[i];
    bool before = d->sites[a->site].kind == DUMP_SITE_BEFORE;
    objects += before ? a->live_objects : 0;
    held += before ? a->live_bytes : 0;
  }
  units_name(objects, UNIT_COUNT, false, count);
  units_name(held, UNIT_BYTES, false, bytes);
  if (d != NULL && (all_joined || objects > 0))
    printf("before: %s%s objects, %s\n", all_joined ? "" : "at least ", count, bytes);
  dump_close(d);
}

static void tell(const struct attach_options *o, const struct control_answer *a) {
  if (o->sample_bytes == 1)
    printf("attached to %s: every request is recorded from now on\n", o->what);
  else
    printf("attached to %s: one request for each %llu bytes is recorded from now on\n", o->what,
           (unsigned long long)o->sample_bytes);
  if (o->sample_bytes == 1 && a->seen)
    tell_before(o->what, a->joined >= a->running);
  tell_joined(a, "begins");
}

static int finish(const struct attach_options *o, struct target *t) {
  struct control_answer a;
  fflush(stdout);
  sleep_seconds(o->seconds);
  int status = o->out != NULL ? write_dump(o->what, o->out) : 0;
  if (!ask(t, 0, o->depth, &a))
    return 2;
  printf("detached\n");
  return status;
}

/* What this attach takes the place of.  Accounts of samples are kept, but are not shown beside
 * exact ones. */
static void tell_changed(const struct control_state *was, uint64_t sample_bytes) {
  if (was->attached && was->asked_bytes != sample_bytes) {
    char *recorded = recorded_words(was->asked_bytes);
    printf("this takes the place of an attach that recorded %s\n", recorded);
    free(recorded);
  }
  if (was->sampled && sample_bytes == 1)
    printf("what was recorded by samples before is not shown any more until somebody attaches with "
           "--sample again\n");
}

static int attach(const struct attach_options *o, struct target *t) {
  struct control_state was;
  struct control_answer a;
  if (!may_ask(t, &was) || !ask(t, o->sample_bytes, o->depth, &a))
    return 2;
  tell(o, &a);
  tell_changed(&was, o->sample_bytes);
  if (o->seconds > 0)
    return finish(o, t);
  printf("next: %s top %s\n      %s detach %s\n", say_command(), o->what, say_command(), o->what);
  return 0;
}

static int detach(const struct attach_options *o, struct target *t) {
  struct control_state was;
  struct control_answer a;
  if (!may_ask(t, &was))
    return 2;
  if (!was.attached) {
    printf("nobody is attached to %s: nothing is recorded\n", o->what);
    return 0;
  }
  if (!ask(t, 0, 1, &a))
    return 2;
  printf("detached from %s\n", o->what);
  tell_joined(&a, "ends");
  return 0;
}

static int run(int argc, char **argv, bool attaches) {
  struct attach_options o;
  attach_options_read(&o, argc, argv, attaches);
  struct target t = {.what = o.what};
  if (!attach_place_open(&t.at, o.what))
    return 2;
  int status = attaches ? attach(&o, &t) : detach(&o, &t);
  attach_place_close(&t.at);
  return status;
}

int attach_command(int argc, char **argv) { return run(argc, argv, true); }

int detach_command(int argc, char **argv) { return run(argc, argv, false); }
