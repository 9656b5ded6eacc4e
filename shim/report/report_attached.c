/* Who is recorded since when; contract in report_attached.h. */
#include "report_attached.h"
#include "before_attach.h"
#include "record.h"
#include "tag_mode.h"

/* ---- since when ---- */

static void what(struct text *t) {
  if (tagged_since_attach()) {
    text_str(t, "every request since is recorded");
  } else {
    text_str(t, "of requests since one is recorded for each ");
    text_size(t, tagged_sample_bytes());
    text_str(t, " bytes");
  }
  if (tagged_depth() > 1) {
    text_str(t, ", stack:");
    text_u64(t, tagged_depth());
  } else {
    text_str(t, ", site");
  }
}

void report_attached(struct text *t) {
  const struct record_process *p = record_head();
  if (p->attached_mono == 0 || tagged_mode == TAGGED_NONE)
    return;
  text_str(t, "   attached ");
  report_seconds(t, count_less(p->attached_mono, p->start_mono));
  text_str(t, " after the start: ");
  what(t);
  report_line(t, tagged_is_paused() ? "; detached by now" : "");
}

/* ---- what is there from before ---- */

struct before {
  uint64_t small, small_bytes, large, large_bytes;
};

static void add(const struct snapshot *g, struct heap *h, struct before *sum) {
  struct dump_account a;
  if (!before_read(g, h))
    return;
  for (unsigned c = 1; c < CLASS_SLOTS; c++)
    if (before_account(g, h, c, &a)) {
      sum->small += a.live_objects;
      sum->small_bytes += a.live_bytes;
    }
  if (before_account(g, h, BEFORE_LARGE, &a)) {
    sum->large += a.live_objects;
    sum->large_bytes += a.live_bytes;
  }
}

void report_before(struct text *t, const struct snapshot *g) {
  struct before sum = {0};
  if (!tagged_since_attach())
    return;
  for (unsigned i = 0; i < heap_count(); i++)
    add(g, heap_at(i), &sum);
  report_line(t, "\nwhile nobody was attached: what of that is alive, in no call site");
  report_amount(t, "small objects", sum.small);
  report_amount(t, "bytes of these, with rounding", sum.small_bytes);
  report_amount(t, "large objects", sum.large);
  report_amount(t, "bytes of these, known to 1 MiB a thread", sum.large_bytes);
}
